import BerthFiles
package import BerthStore

/// The whole text of a long message as clients see it.
package struct TextInfo: Encodable, Sendable {
    /// The path of the file, or nil if the file is deleted.
    package let url: String?
    /// The length in bytes.
    package let bytes: Int

    /// Makes the form of a file, or nil if the turn has the whole text.
    package init?(_ file: TurnPicture?) {
        guard let file else { return nil }
        url = file.isDeleted ? nil : FileLinks.path(of: file.file)
        bytes = file.bytes
    }
}
