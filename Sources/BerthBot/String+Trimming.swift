import BerthText

extension String {
    /// The text without white space at its start and end.
    var trimmed: String {
        // A message may have hundreds of kilobytes of white space. An iterator is the fastest reader.
        var start = 0
        for scalar in unicodeScalars {
            guard scalar.isSpace else { break }
            start += UTF8.width(scalar)
        }
        guard let last = unicodeScalars.lastIndex(where: { !$0.isSpace }) else { return "" }
        return String(unicodeScalars[utf8.index(startIndex, offsetBy: start)...last])
    }

    /// The word at the beginning of a trimmed text, and the trimmed rest.
    var firstWord: (word: String, rest: String) {
        let word = unicodeScalars.prefix { !$0.isSpace }
        return (String(word), String(self[word.endIndex...]).trimmed)
    }

    /// Whether the text is a word of ASCII letters, which `word` has in small ones.
    func spells(_ word: String) -> Bool {
        utf8.count == word.utf8.count && lowercased() == word
    }

    /// The title of a conversation that begins with this message.
    var title: String {
        // The message may be long, and one character of it too, so only its beginning is read.
        let start = cut(toBytes: 300).unicodeScalars.drop(while: \.isLineEnd)
        let line = start.prefix { !$0.isLineEnd }
        // A heading's marks are none of its words.
        let words = line.drop { $0 == "#" }
        let isHeading = words.first == " " && words.contains { !$0.isSpace }
        return (isHeading ? String(words).trimmed : String(line)).shortened(toBytes: 77)
    }
}
