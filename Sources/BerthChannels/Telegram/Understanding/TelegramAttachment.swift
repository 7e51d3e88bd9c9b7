import BerthText

/// An attachment that Berth reads.
package enum TelegramAttachment: Equatable, Sendable {
    /// A picture: the largest size that Telegram hands out.
    case photo(TelegramMedia)
    /// A file, which may be a picture, a text, a recording or something else.
    case document(TelegramMedia)
    /// A voice message, a piece of music or a video message, which can be transcribed.
    case sound(TelegramMedia)

    /// The file.
    package var media: TelegramMedia {
        switch self {
        case .photo(let media), .document(let media), .sound(let media): media
        }
    }
}

/// A file of a message.
///
/// Its name, type, size and length are the sender's words.
package struct TelegramMedia: Equatable, Sendable {
    /// The id for this bot's calls.
    package let id: String
    /// The id by which two copies of a file are recognized.
    package let unique: String
    /// The size in bytes, 0 or more, or nil if it is unknown.
    ///
    /// It may be more than 2 GiB.
    package let size: Int?
    /// The file's name, in at most 256 bytes.
    package let name: String?
    /// The type, such as `text/plain`.
    package let type: String?
    /// The length in seconds, or nil if it is unknown.
    package let seconds: Int?

    /// The largest file that Telegram's own server hands out.
    package static let mostBytes = 20 << 20

    /// Whether the stated size is above what Telegram's own server hands out.
    package var isTooLarge: Bool { size ?? 0 > Self.mostBytes }

    init?(_ object: JSONObject) {
        guard let id = object.word("file_id", most: 512), !id.isEmpty else { return nil }
        self.id = id
        unique = object.word("file_unique_id") ?? ""
        size = object.integer("file_size").flatMap { $0 >= 0 ? $0 : nil }
        name = object.word("file_name", most: 8_192)?.cut(toBytes: 256)
        type = object.word("mime_type")
        seconds = object.integer("duration").flatMap { 0...86_400 ~= $0 ? $0 : nil }
    }
}
