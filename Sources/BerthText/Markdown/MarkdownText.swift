/// Questions about the characters of a Markdown text.
enum MarkdownText {
    /// Schemes that a link may have.
    private static let schemes = ["http://", "https://", "mailto:", "tg://"]

    /// Whether an address leads somewhere from everywhere, and only there.
    static func isSafe(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        guard bytes.count <= MarkdownInline.longestAddress,
            bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !"<>\"\\^`{|}".utf8.contains($0) }),
            let scheme = schemes.first(where: { bytes.starts(with: $0.utf8) })
        else { return false }
        let rest = bytes.dropFirst(scheme.utf8.count)
        guard scheme.hasPrefix("http") else { return rest.count > 0 }
        let host = rest.prefix { !"/?#".utf8.contains($0) }
        let isNamed = host.contains { $0 >= 0x80 || isAlphanumeric($0) }
        return isNamed && host.first != UInt8(ascii: ".") && !host.contains(UInt8(ascii: "@"))
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    /// Whether the scalar is punctuation of ASCII.
    static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    static func isSpace(_ bytes: [UInt8], at index: Int) -> Bool {
        scalar(bytes, at: index)?.isSpace ?? true
    }

    static func isSpace(_ bytes: [UInt8], before index: Int) -> Bool {
        scalar(bytes, before: index)?.isSpace ?? true
    }

    /// Whether a letter or a digit is at the index.
    static func isWord(_ bytes: [UInt8], at index: Int) -> Bool {
        scalar(bytes, at: index).map(isWord) ?? false
    }

    /// Whether a letter or a digit is before the index.
    static func isWord(_ bytes: [UInt8], before index: Int) -> Bool {
        scalar(bytes, before: index).map(isWord) ?? false
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return isAlphanumeric(UInt8(scalar.value)) }
        return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    private static func scalar(_ bytes: [UInt8], before index: Int) -> Unicode.Scalar? {
        var start = index - 1
        while start > 0, start > index - 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return scalar(bytes, at: start)
    }

    private static func scalar(_ bytes: [UInt8], at index: Int) -> Unicode.Scalar? {
        guard index >= 0, index < bytes.count else { return nil }
        if bytes[index] < 0x80 { return Unicode.Scalar(bytes[index]) }
        var iterator = bytes[index..<min(index + 4, bytes.count)].makeIterator()
        var decoder = UTF8()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
        return scalar
    }

    /// The characters that models write by name.
    private static let names = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}",
        "ndash": "–", "mdash": "—", "hellip": "…", "copy": "©", "times": "×", "rarr": "→",
        "larr": "←", "le": "≤", "ge": "≥", "ne": "≠", "middot": "·", "bull": "•", "deg": "°",
    ]

    /// The character of a reference such as `amp`, `#39` or `#x27`, or nil if there is none.
    static func character(named name: String) -> String? {
        guard name.hasPrefix("#") else { return names[name] }
        let digits = name.dropFirst()
        let isHex = digits.hasPrefix("x") || digits.hasPrefix("X")
        let value = UInt32(isHex ? digits.dropFirst() : digits, radix: isHex ? 16 : 10)
        guard let value, value > 0x20, let scalar = Unicode.Scalar(value) else { return nil }
        return String(scalar)
    }
}
