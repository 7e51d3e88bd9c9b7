/// The marks that a piece of a Markdown text is in.
package struct MarkdownStyle: OptionSet, Hashable, Sendable {
    /// One bit for each style.
    package let rawValue: UInt8

    /// The styles of the bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Strong emphasis.
    package static let bold = MarkdownStyle(rawValue: 1)
    /// Emphasis.
    package static let italic = MarkdownStyle(rawValue: 2)
    /// Text that was struck out.
    package static let struck = MarkdownStyle(rawValue: 4)
    /// Code or a formula.
    ///
    /// Marks within it are text.
    package static let code = MarkdownStyle(rawValue: 8)
}

/// A piece of text of one style.
package struct MarkdownRun: Equatable, Sendable {
    /// The text without marks.
    ///
    /// Newlines are line breaks.
    package var text: String
    /// The style.
    package var style: MarkdownStyle
    /// The address of the link or picture in which it is, or nil.
    package var link: String?

    /// A piece of `text`.
    package init(text: String, style: MarkdownStyle = [], link: String? = nil) {
        (self.text, self.style, self.link) = (text, style, link)
    }

    /// The same piece with one more style.
    package func adding(_ more: MarkdownStyle) -> MarkdownRun {
        MarkdownRun(text: text, style: style.union(more), link: link)
    }
}
