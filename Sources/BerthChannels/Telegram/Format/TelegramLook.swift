import BerthText

/// The look of a piece of text: all formats in which it is.
struct TelegramLook: Equatable, Sendable {
    /// The number of the quote in which it is, or 0.
    var quote = 0
    /// Whether the quote is folded.
    var isFolded = false
    /// The number of the code block in which it is, or 0.
    var pre = 0
    /// The language of the code block, or "".
    var language = ""
    var style: MarkdownStyle = []
    var link: String?

    /// One format of a look.
    struct Format: Equatable {
        let kind: TelegramEntity.Kind
        /// The number of the quote or code block, so that neighbours do not merge.
        var number = 0
        var url: String?
        var language: String?

        static func == (one: Format, other: Format) -> Bool {
            one.kind == other.kind && one.number == other.number
                && one.url.hasBytes(of: other.url) && one.language.hasBytes(of: other.language)
        }
    }

    static func == (one: TelegramLook, other: TelegramLook) -> Bool {
        one.quote == other.quote && one.isFolded == other.isFolded && one.pre == other.pre
            && one.style == other.style && one.language.hasBytes(of: other.language)
            && one.link.hasBytes(of: other.link)
    }

    /// The formats from the outermost to the innermost, as Telegram allows them to nest.
    var formats: [Format] {
        var formats: [Format] = []
        if quote != 0 {
            formats.append(Format(kind: isFolded ? .foldedQuote : .blockquote, number: quote))
        }
        if pre != 0 {
            let language = language.isEmpty ? nil : language
            return formats + [Format(kind: .pre, number: pre, language: language)]
        }
        if let link {
            formats.append(Format(kind: .link, url: link))
        } else if style.contains(.code) {
            // Code may be in a quote and in nothing else.
            return formats + [Format(kind: .code)]
        }
        if style.contains(.bold) { formats.append(Format(kind: .bold)) }
        if style.contains(.italic) { formats.append(Format(kind: .italic)) }
        if style.contains(.struck) { formats.append(Format(kind: .struck)) }
        return formats
    }
}

/// A range of text with its look, which ends at a UTF-16 unit.
struct TelegramSpan: Sendable {
    var end: Int
    var look: TelegramLook
}
