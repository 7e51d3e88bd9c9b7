import BerthText

/// One message in a part of the outbox, as JSON.
///
/// An attempt that is repeated sends exactly what was planned. Pictures are named by the ids of their
/// files, and a file of an answer by its number, because both are too long for a part.
struct TelegramBody: Codable, Equatable, Sendable {
    /// The kinds of buttons under a message.
    enum Button: String, Codable, Sendable {
        case again
        /// Asks for the rest of an answer that was cut at the model's limit.
        case goOn
        case file
        /// Pictures as they are, because Telegram has made the photos smaller.
        case larger
        case delete
    }

    /// The text, or the caption of pictures and files; empty if there is none.
    var text = ""
    /// The formats of ``text``.
    var entities: [TelegramEntity] = []
    /// The ids of the pictures, of which several are an album.
    var pictures: [String] = []
    /// Whether the pictures are sent as files, so that Telegram leaves them as they are.
    var isOriginal = false
    /// The number of the file among those of the turn's answer, or nil.
    ///
    /// ``whole`` stands for the whole answer.
    var file: Int?
    /// The turn whose answer it is, if the part itself belongs to none.
    var turn: Int64?
    /// The buttons.
    var buttons: [Button] = []

    /// The number that stands for the whole answer as a file.
    static let whole = -1

    /// A message with a text.
    init(_ part: TelegramPart) { (text, entities) = (part.text, part.entities) }

    /// A message without text.
    init() {}

    /// Reads a part's content, or returns nil if it is none.
    init?(_ body: String) {
        guard let value = try? JSON.decode(TelegramBody.self, from: body.utf8) else { return nil }
        self = value
    }

    /// The text and its formats.
    var part: TelegramPart { TelegramPart(text: text, entities: entities) }

    /// The content of a part of the outbox, or nil if it cannot be written.
    var json: String? {
        (try? JSON.encode(self)).map { String(decoding: $0, as: UTF8.self) }
    }
}
