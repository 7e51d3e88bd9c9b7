extension JSONObject {
    private static let backslash = UInt8(ascii: "\\")
    /// U+FFFD, which stands for half of a surrogate pair.
    private static let replacement = UInt32(0xFFFD)

    /// The text of a checked JSON string without escapes.
    ///
    /// Lone surrogates become U+FFFD. The time is linear.
    package static func text(_ quoted: ArraySlice<UInt8>) -> String {
        let inner = quoted.dropFirst().dropLast()
        guard inner.contains(backslash) else { return String(decoding: inner, as: UTF8.self) }
        return String(decoding: unescaped(inner), as: UTF8.self)
    }

    /// Whether a checked JSON string has white space alone, or nothing.
    package static func isBlank(_ quoted: ArraySlice<UInt8>) -> Bool {
        visibleEnd(quoted, stopsAtFirst: true) == quoted.startIndex + 1
    }

    /// The index after the last visible character of a checked JSON string.
    ///
    /// It is that of the first character if there is none. The time is linear.
    package static func visibleEnd(
        _ quoted: ArraySlice<UInt8>,
        stopsAtFirst: Bool = false
    ) -> Int {
        let (inner, start) = (quoted.dropFirst().dropLast(), quoted.startIndex + 1)
        var (at, end) = (start, start)
        while at < inner.endIndex, !stopsAtFirst || end == start {
            if !takeSpace(in: inner, at: &at) { end = at }
        }
        return end
    }

    /// Passes one character of a JSON string's inside.
    ///
    /// - Returns: whether it is white space.
    private static func takeSpace(in inner: ArraySlice<UInt8>, at: inout Int) -> Bool {
        let first = inner[at]
        at += 1
        if first == backslash, at < inner.endIndex {
            let escape = inner[at]
            at += 1
            guard escape == UInt8(ascii: "u") else { return "nrtf".utf8.contains(escape) }
            return isSpace(unit(in: inner, at: &at))
        }
        guard first >= 0xC0 else { return first == UInt8(ascii: " ") }
        let rest = inner[at...]
        let tail = rest.prefix(first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1)
        at += tail.count
        // White space has at most three bytes.
        guard tail.count < 3 else { return false }
        let head = UInt32(first) & (tail.count == 2 ? 0x0F : 0x1F)
        return isSpace(tail.reduce(head) { $0 << 6 | UInt32($1 & 0x3F) })
    }

    private static func isSpace(_ scalar: UInt32) -> Bool {
        // Python, in which Anthropic checks texts, counts four separators too.
        (0x1C...0x1F).contains(scalar)
            || Unicode.Scalar(scalar)?.isSpace ?? false
    }

    /// The bytes of a JSON string's inside without escapes, as UTF-8.
    static func unescaped(_ inner: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(inner.count)
        var at = inner.startIndex
        while at < inner.endIndex {
            guard inner[at] == backslash else {
                let end = inner[at...].firstIndex(of: backslash) ?? inner.endIndex
                out += inner[at..<end]
                at = end
                continue
            }
            guard at + 1 < inner.endIndex else { break }
            let escape = inner[at + 1]
            at += 2
            switch escape {
            case UInt8(ascii: "u"): append(scalar(in: inner, at: &at), to: &out)
            case UInt8(ascii: "b"): out.append(0x08)
            case UInt8(ascii: "f"): out.append(0x0C)
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "r"): out.append(0x0D)
            case UInt8(ascii: "t"): out.append(0x09)
            default: out.append(escape)
            }
        }
        return out
    }

    /// The scalar of the hexadecimal digits at `at`, with the second half of a surrogate pair.
    private static func scalar(in text: ArraySlice<UInt8>, at: inout Int) -> UInt32 {
        let first = unit(in: text, at: &at)
        guard (0xD800..<0xDC00).contains(first), at + 1 < text.endIndex, text[at] == backslash,
            text[at + 1] == UInt8(ascii: "u")
        else { return (0xD800..<0xE000).contains(first) ? replacement : first }
        var next = at + 2
        let second = unit(in: text, at: &next)
        guard (0xDC00..<0xE000).contains(second) else { return replacement }
        at = next
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    /// Four hexadecimal digits, or U+FFFD where the text was cut.
    private static func unit(in text: ArraySlice<UInt8>, at: inout Int) -> UInt32 {
        var value = UInt32(0)
        for _ in 0..<4 {
            guard at < text.endIndex, let digit = JSONScanner.hex(text[at]) else {
                return replacement
            }
            value = value << 4 | digit
            at += 1
        }
        return value
    }

    private static func append(_ value: UInt32, to out: inout [UInt8]) {
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        UTF8.encode(scalar).map { out += $0 }
    }

    /// The escape of the first half of a surrogate pair at the end of a checked JSON string.
    ///
    /// Its other half is the start of a later string if a provider cuts a text within a character.
    ///
    /// - Returns: the six bytes of the escape, or nil if the string ends otherwise.
    package static func half(endOf quoted: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let inner = quoted.dropLast()
        let escape = inner.suffix(6)
        guard escape.count == 6, quoted.count >= 8, escape.starts(with: "\\u".utf8),
            [UInt8(ascii: "d"), UInt8(ascii: "D")].contains(escape[escape.startIndex + 2]),
            "89abAB".utf8.contains(escape[escape.startIndex + 3])
        else { return nil }
        let slashes = quoted[..<escape.startIndex].reversed().prefix { $0 == UInt8(ascii: "\\") }
        return slashes.count.isMultiple(of: 2) ? escape : nil
    }
}
