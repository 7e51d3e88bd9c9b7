/// A file of a turn: a picture that came with the message, one of the answer, or the message's text.
package struct TurnPicture: Equatable, Sendable {
    /// The file's id.
    package var file: String
    /// The id of the file with its thumbnail, or nil if it has none.
    package var thumbnail: String?
    /// In pixels.
    package var width: Int
    /// In pixels.
    package var height: Int
    /// The file's media type, or nil if the file is deleted.
    ///
    /// The store reads it from the file, and does not write it.
    package var kind: String?
    /// The file's length in bytes, or 0 if the file is deleted.
    ///
    /// The store reads it from the file, and does not write it.
    package var bytes = 0

    /// Names a file that a turn refers to.
    package init(file: String, thumbnail: String? = nil, width: Int, height: Int) {
        self.file = file
        self.thumbnail = thumbnail
        self.width = width
        self.height = height
    }

    /// Whether the file is deleted and only its place in the turn is left.
    package var isDeleted: Bool { kind == nil }

    /// The side of the conversation that a picture belongs to.
    enum Role: String, SQLConvertible {
        case input
        case picture
        /// The whole text of a message, of which the turn has the beginning.
        case text
    }
}
