/// A range of a message's text with a format of the Bot API.
///
/// Source: <https://core.telegram.org/bots/api#messageentity>
package struct TelegramEntity: Equatable, Sendable, Codable {
    /// The formats that Berth uses.
    package enum Kind: String, Sendable, Codable {
        case blockquote
        case foldedQuote = "expandable_blockquote"
        case link = "text_link"
        case bold, italic
        case struck = "strikethrough"
        case code, pre
    }

    enum CodingKeys: String, CodingKey {
        case kind = "type"
        case offset, length, url, language
    }

    /// The format.
    package var kind: Kind
    /// The first UTF-16 unit.
    package var offset: Int
    /// The number of UTF-16 units, at least 1.
    package var length: Int
    /// The address of a link, else nil.
    package var url: String?
    /// The language of a code block, or nil if it is unknown.
    package var language: String?

    /// The end of the range.
    package var end: Int { offset + length }

    /// The order of entities with the same range, the outermost first.
    ///
    /// It is also the order in which they are kept if there are too many.
    var rank: Int {
        switch kind {
        case .blockquote, .foldedQuote: 0
        case .pre: 1
        case .link: 2
        case .code: 3
        case .bold: 4
        case .italic: 5
        case .struck: 6
        }
    }

    /// The most bytes of the entity as JSON.
    var jsonSize: Int {
        72 + kind.rawValue.utf8.count + (url?.utf8.count ?? 0) + (language?.utf8.count ?? 0)
    }
}

/// One message: its text and the formats of the text.
package struct TelegramPart: Equatable, Sendable, Encodable {
    /// The text, which begins and ends with a visible character.
    package var text: String
    /// The formats, sorted by their beginning, outer ones first.
    package var entities: [TelegramEntity]
}
