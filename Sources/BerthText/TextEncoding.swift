/// The encodings of text from elsewhere.
package enum TextEncoding {
    /// The text in UTF-8, without a byte order mark.
    ///
    /// UTF-16 is known by its mark. A text that is no UTF-8 and has no character of it beyond ASCII is
    /// read as ISO 8859-1.
    package static func utf8(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return bytes.dropFirst(3) }
        if bytes.starts(with: [0xFF, 0xFE]) { return utf8(units: bytes.dropFirst(2), low: 0) }
        if bytes.starts(with: [0xFE, 0xFF]) { return utf8(units: bytes.dropFirst(2), low: 1) }
        guard (try? UTF8Span(validating: Array(bytes).span)) == nil else { return bytes }
        let text = String(decoding: bytes, as: UTF8.self)
        let isUTF8 = text.unicodeScalars.contains { $0.value >= 0x80 && $0 != "\u{FFFD}" }
        guard !isUTF8 else { return bytes }
        return Array(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).utf8)[...]
    }

    /// The text of units of two bytes, of which the byte at `low` is the lower one.
    private static func utf8(units bytes: ArraySlice<UInt8>, low: Int) -> ArraySlice<UInt8> {
        let pairs = Array(bytes)
        let units = stride(from: 0, to: pairs.count - 1, by: 2).map { at in
            UInt16(pairs[at + 1 - low]) << 8 | UInt16(pairs[at + low])
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)[...]
    }

    /// The text of a document, or nil if it is no text.
    ///
    /// A text has no control characters except white space, and of its bytes that are not ASCII at
    /// most a few are damaged.
    ///
    /// - Parameter bytes: the document, or its beginning, which may end within a character.
    /// - Returns: the text without a character that is cut at its end.
    package static func document(_ bytes: [UInt8]) -> String? {
        let isWide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        var text = String(decoding: utf8(isWide ? bytes[...] : whole(bytes)), as: UTF8.self)
        // The first half of a pair of units.
        if isWide, text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
        let controls = text.unicodeScalars.count { scalar in
            switch scalar.value {
            // White space, and the escape of a log with colours.
            case 0x09, 0x0A, 0x0C, 0x0D, 0x1B, 0x85: false
            case ..<0x20, 0x7F...0x9F: true
            default: false
            }
        }
        let damaged = text.unicodeScalars.count { $0 == "\u{FFFD}" }
        // A text of another encoding of one byte has some of the control characters above U+0080.
        let others = text.unicodeScalars.contains { $0.value < 0x09 || $0.value == 0x0B }
        guard !others, (controls + damaged) * 20 <= text.unicodeScalars.count else { return nil }
        return text
    }

    /// The bytes without the beginning of a character at their end.
    private static func whole(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let tail = bytes.suffix(3)
        guard let start = tail.lastIndex(where: { $0 >= 0xC0 }) else { return bytes[...] }
        let length = bytes[start] >= 0xF0 ? 4 : bytes[start] >= 0xE0 ? 3 : 2
        let isCut =
            start + length > bytes.count && bytes[(start + 1)...].allSatisfy { $0 & 0xC0 == 0x80 }
        return isCut ? bytes[..<start] : bytes[...]
    }
}
