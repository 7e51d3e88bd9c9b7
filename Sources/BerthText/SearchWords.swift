/// The words that a person searches for, which are found in any text without regard to case.
///
/// A word is found within longer words too, so Chinese, parts of words and a single character are
/// found alike. The time is linear in the text, whatever the words are.
package struct SearchWords: Equatable, Sendable {
    /// The words, folded.
    private let words: [Pattern]
    /// Whether a word begins with the ASCII character, in lower or upper case.
    private let begins: [Bool]

    /// The most words of a query.
    package static let most = 8
    /// The most bytes of a query in UTF-8.
    package static let longest = 200

    /// Reads the words of a query, which spaces separate, or returns nil if it has none.
    ///
    /// A query is cut to ``longest`` bytes. Words beyond the first ``most`` are ignored.
    package init?(_ query: String) {
        let words = query.cut(toBytes: SearchWords.longest).unicodeScalars
            .split { $0.isSpace }
        if words.isEmpty { return nil }
        let patterns = words.prefix(SearchWords.most).map { Pattern($0.map(SearchWords.fold)) }
        begins = (0..<0x80 as Range<UInt8>).map { byte in
            patterns.contains { $0.scalars[0] == SearchWords.fold(Unicode.Scalar(byte)) }
        }
        self.words = patterns
    }

    /// The number of words.
    package var count: Int { words.count }

    /// The first place of each word in a text.
    ///
    /// - Parameter text: UTF-8. Bytes that are none match no word.
    /// - Returns: a range of bytes for each word, or nil for a word that the text does not have.
    package func places(in text: [UInt8]) -> [Range<Int>?] {
        var (found, left) = ([Range<Int>?](repeating: nil, count: words.count), words.count)
        scan(text) { word, range in
            guard found[word] == nil else { return true }
            found[word] = range
            left -= 1
            return left > 0
        }
        return found
    }

    /// Whether a text has all words.
    package func areAll(in text: String) -> Bool {
        !places(in: Array(text.utf8)).contains(nil)
    }

    /// A text in pieces, of which those that match a word are marked.
    package func marked(_ text: String) -> [MarkedText] {
        let bytes = Array(text.utf8)
        var isMatch = [Bool](repeating: false, count: bytes.count)
        scan(bytes) { _, range in
            for index in range { isMatch[index] = true }
            return true
        }
        var (pieces, start) = ([MarkedText](), 0)
        for end in 1...max(1, bytes.count)
        where end >= bytes.count || isMatch[end] != isMatch[start] {
            let piece = String(decoding: bytes[start..<min(end, bytes.count)], as: UTF8.self)
            if !piece.isEmpty { pieces.append(MarkedText(text: piece, isMatch: isMatch[start])) }
            start = end
        }
        return pieces
    }

    // MARK: The scan

    /// Calls `found` for each place of a word, in the order of their ends, until it returns false.
    private func scan(_ text: [UInt8], _ found: (Int, Range<Int>) -> Bool) {
        var matched = [Int](repeating: 0, count: words.count)
        var (index, isIdle) = (0, true)
        while index < text.count {
            // Most letters begin no word, and are passed without a look at the words.
            if isIdle, text[index] < 0x80, !begins[Int(text[index])] {
                index += 1
                continue
            }
            let (scalar, length) = SearchWords.scalar(of: text, at: index)
            index += length
            isIdle = true
            let folded = SearchWords.fold(scalar)
            for word in words.indices {
                let length = words[word].after(matched[word], folded)
                matched[word] = length
                if length > 0 { isIdle = false }
                guard length == words[word].scalars.count else { continue }
                let start = SearchWords.start(of: length, before: index, in: text)
                guard found(word, start..<index) else { return }
            }
        }
    }

    /// The beginning of the `count` scalars that end at `end`.
    private static func start(of count: Int, before end: Int, in text: [UInt8]) -> Int {
        var (start, left) = (end, count)
        while left > 0, start > 0 {
            start -= 1
            if text[start] & 0xC0 != 0x80 { left -= 1 }
        }
        return start
    }

    /// The scalar at `index` and its length, or U+FFFD for a byte that begins none.
    private static func scalar(of text: [UInt8], at index: Int) -> (Unicode.Scalar, Int) {
        let first = text[index]
        guard first >= 0x80 else { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
        guard length > 1, index + length <= text.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for next in text[index + 1..<index + length] {
            guard next & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
            value = value << 6 | UInt32(next & 0x3F)
        }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    // MARK: Case

    /// The lower case of a scalar, of which a longer mapping counts as its first scalar.
    private static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let value = Int(scalar.value)
        if value < folded.count { return folded[value] }
        // Scripts without case, from Arabic and Hebrew to Chinese, need no look into a table.
        let isCaseless = 0x0590..<0x10A0 ~= value || 0x2E80..<0xA640 ~= value
        return isCaseless || 0xAC00..<0xFB00 ~= value ? scalar : lower(scalar)
    }

    private static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let lower = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
        return lower == "ς" ? "σ" : lower
    }

    /// The lower case of Latin, Greek, Cyrillic and Armenian.
    private static let folded: [Unicode.Scalar] = (0..<0x590).map { value in
        Unicode.Scalar(value as UInt32).map(lower) ?? "\u{FFFD}"
    }

    /// A folded word, with the lengths by which a search goes on after a difference.
    ///
    /// Source: Knuth, Morris, Pratt, "Fast pattern matching in strings", 1977.
    private struct Pattern: Equatable, Sendable {
        let scalars: [Unicode.Scalar]
        /// For each length, the longest shorter beginning that is also its end.
        private let fallback: [Int]

        init(_ scalars: [Unicode.Scalar]) {
            self.scalars = scalars
            var fallback = [0, 0]
            for index in scalars.indices.dropFirst() {
                var length = fallback[index]
                while length > 0, scalars[length] != scalars[index] { length = fallback[length] }
                fallback.append(scalars[length] == scalars[index] ? length + 1 : 0)
            }
            self.fallback = fallback
        }

        /// The length that is matched after `scalar`, if `length` was matched before.
        func after(_ length: Int, _ scalar: Unicode.Scalar) -> Int {
            var length = length == scalars.count ? fallback[length] : length
            while length > 0, scalars[length] != scalar { length = fallback[length] }
            return scalars[length] == scalar ? length + 1 : 0
        }
    }
}
