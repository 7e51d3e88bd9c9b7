import BerthText

extension String {
    /// The text without white space at its start and end.
    var trimmed: String {
        var text = unicodeScalars[...]
        while text.first?.properties.isWhitespace == true { text.removeFirst() }
        while text.last?.properties.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// The title of a conversation that begins with this message.
    var title: String {
        let line = unicodeScalars.prefix { !String.lineEnds.contains($0) }
        return String(line).shortened(toBytes: 77)
    }

    private static let lineEnds: Set<Unicode.Scalar> = [
        "\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}",
    ]
}
