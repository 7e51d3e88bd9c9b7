import BerthText

extension String {
    /// The text without white space at its start and end.
    var trimmed: String {
        // Most white space is ASCII, of which a message may have hundreds of kilobytes.
        var bytes = utf8[...]
        while let first = bytes.first, String.isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, String.isSpace(last) { bytes.removeLast() }
        var text = Substring(bytes).unicodeScalars
        while let first = text.first, first.properties.isWhitespace { text.removeFirst() }
        while let last = text.last, last.properties.isWhitespace { text.removeLast() }
        return String(text)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    /// The word at the beginning of a trimmed text, and the trimmed rest.
    var firstWord: (word: String, rest: String) {
        let word = unicodeScalars.prefix { !$0.properties.isWhitespace }
        return (String(Substring(word)), String(self[word.endIndex...]).trimmed)
    }

    /// The title of a conversation that begins with this message.
    var title: String {
        // The message may be long, and one character of it too, so only its beginning is read.
        let start = cut(toBytes: 300).unicodeScalars.drop { String.lineEnds.contains($0) }
        return String(start.prefix { !String.lineEnds.contains($0) }).shortened(toBytes: 77)
    }

    private static let lineEnds: Set<Unicode.Scalar> = [
        "\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}",
    ]
}
