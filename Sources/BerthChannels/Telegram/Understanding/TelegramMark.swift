import BerthText

/// A format of an incoming text, such as a command or a mention.
struct TelegramMark: Equatable {
    /// The kind, such as `bot_command`, `mention` or `text_mention`.
    let kind: String
    /// The UTF-16 units that are marked, which the text may not have.
    let range: Range<Int>
    /// The user that a `text_mention` names.
    let user: Int?

    /// The most formats of a text that are read.
    ///
    /// Telegram itself marks about 100.
    static let most = 256

    init?(_ object: JSONObject) {
        guard let kind = object.word("type"), let offset = object.integer("offset"),
            let length = object.integer("length"), 0...1_000_000 ~= offset,
            1...1_000_000 ~= length
        else { return nil }
        self.kind = kind
        range = offset..<offset + length
        user = object.object("user")?.telegramID("id")
    }

    /// Reads the formats of a list, without those that are malformed.
    static func all(_ name: String, of object: JSONObject) -> [TelegramMark] {
        let elements = object.elements(name) ?? []
        return elements[..<min(most, elements.count)].compactMap {
            object.object(at: $0).flatMap { TelegramMark($0) }
        }
    }
}
