extension String {
    /// The text without white space at its start and end.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// The title of a conversation that begins with this message.
    var title: String {
        let line = split(whereSeparator: \.isNewline).first.map(String.init) ?? self
        return line.unicodeScalars.count <= 60 ? line : line.cut(to: 59) + "…"
    }

    /// The text's first Unicode scalars.
    ///
    /// A character may consist of any number of scalars, so a count of characters would be no
    /// bound.
    func cut(to count: Int) -> String { String(UnicodeScalarView(unicodeScalars.prefix(count))) }
}
