import Glibc

extension Sequence<UInt8> {
    /// The bytes with small letters in the place of the capitals of ASCII.
    package var smallLetters: [UInt8] { map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 } }
}

extension [UInt8] {
    /// The offset of the first `words` at `start` or after it, compared byte by byte.
    ///
    /// A search in a `String` compares characters, which takes up to 100 ns for each of them.
    ///
    /// - Returns: nil if they are not there.
    package func offset(of words: String, from start: Int = 0) -> Int? {
        var words = words
        return words.withUTF8 { words in
            guard let first = unsafe words.first else { return start }
            var at = firstIndex(ofByte: first, from: start)
            while at + words.count <= count {
                let isFound = unsafe withUnsafeBytes { bytes in
                    guard let bytes = bytes.baseAddress, let start = words.baseAddress else {
                        return true
                    }
                    return unsafe memcmp(bytes + at, start, words.count) == 0
                }
                if isFound { return at }
                at = firstIndex(ofByte: first, from: at + 1)
            }
            return nil
        }
    }

    /// The index of the first `byte` at `start` or after it, or the number of bytes if there is none.
    ///
    /// The C library compares many bytes at a time.
    func firstIndex(ofByte byte: UInt8, from start: Int = 0) -> Int {
        guard start < count else { return count }
        return unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress,
                let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
            else { return bytes.count }
            return unsafe UnsafeRawPointer(found) - base
        }
    }
}
