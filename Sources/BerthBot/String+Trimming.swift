extension String {
    /// Without white space around it.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// What a conversation is called that begins with this message.
    var title: String {
        let line = split(whereSeparator: \.isNewline).first.map(String.init) ?? self
        return line.unicodeScalars.count <= 60 ? line : line.cut(to: 59) + "…"
    }

    /// Its first Unicode scalars: a character may consist of any number of those, so that a count of
    /// characters is no bound.
    func cut(to count: Int) -> String { String(UnicodeScalarView(unicodeScalars.prefix(count))) }
}
