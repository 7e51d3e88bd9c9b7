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

    /// The title of a conversation that begins with this message.
    var title: String {
        // The message may be long, and one character of it too, so only its beginning is read.
        let start = cut(to: 61).drop { $0.isNewline }
        let line = String(start.prefix { !$0.isNewline })
        return line.unicodeScalars.count <= 60 ? line : line.cut(to: 59) + "…"
    }

    /// The text's first Unicode scalars.
    ///
    /// A character may consist of any number of scalars, so a count of characters would be no
    /// bound.
    func cut(to count: Int) -> String { String(UnicodeScalarView(unicodeScalars.prefix(count))) }
}
