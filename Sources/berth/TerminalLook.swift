import BerthText

/// The styles that a terminal shows.
struct TerminalLook: Sendable {
    /// Whether the terminal shows styles.
    let hasStyles: Bool

    /// The look of a terminal by its environment variables `TERM` and `NO_COLOR`.
    init(environment: (String) -> String?) {
        hasStyles = Self.hasCursor(environment) && (environment("NO_COLOR") ?? "").isEmpty
    }

    /// Whether the terminal can move its cursor, by its environment variable `TERM`.
    static func hasCursor(_ environment: (String) -> String?) -> Bool {
        let name = environment("TERM") ?? ""
        return !name.isEmpty && name != "dumb"
    }

    /// The text in a style.
    func styled(_ text: String, as style: MarkdownStyle) -> String {
        guard hasStyles, !text.isEmpty else { return text }
        var codes: [String] = []
        if style.contains(.bold) { codes.append("1") }
        if style.contains(.italic) { codes.append("3") }
        if style.contains(.struck) { codes.append("9") }
        if style.contains(.code) { codes.append("36") }
        guard !codes.isEmpty else { return text }
        return Output.styled(text, codes)
    }
}
