extension [UInt8] {
    /// The offset of the first `words` at `start` or after it, compared byte by byte.
    ///
    /// A search in a `String` compares characters, which takes up to 100 ns for each of them.
    ///
    /// - Returns: nil if they are not there.
    package func offset(of words: String, from start: Int = 0) -> Int? {
        let words = Array(words.utf8)
        guard let first = words.first else { return start }
        var at = start
        while at + words.count <= count {
            if self[at] == first, self[at..<at + words.count].elementsEqual(words) { return at }
            at += 1
        }
        return nil
    }
}
