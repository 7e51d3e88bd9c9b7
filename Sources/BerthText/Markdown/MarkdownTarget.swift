/// The part of a link in parentheses.
enum MarkdownTarget {
    /// There is none.
    case none
    /// The text ends within it.
    case unfinished
    /// The address, and the index after the closing parenthesis.
    case found(address: String, end: Int)

    /// Reads `address)`, `<address>)` or `address "title")` at `start`.
    static func read(_ bytes: [UInt8], at start: Int) -> MarkdownTarget {
        let limit = min(bytes.count, start + MarkdownInline.longestAddress)
        var at = start
        if at < limit, bytes[at] == UInt8(ascii: "<") {
            guard
                let end = bytes[(at + 1)..<limit].firstIndex(where: {
                    [0x0A, 0x3C, 0x3E].contains($0)
                })
            else { return unfinished(bytes, limit) }
            guard bytes[end] == UInt8(ascii: ">") else { return .none }
            return readEnd(bytes, after: at + 1..<end, from: end + 1, limit: limit)
        }
        var depth = 0
        while at < limit {
            let byte = bytes[at]
            if byte <= 0x20 { break }
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if depth < 0 { break }
            if depth > MarkdownInline.deepestAddress { return .none }
            at += 1
        }
        guard at < limit else { return unfinished(bytes, limit) }
        return depth > 0 ? .none : readEnd(bytes, after: start..<at, from: at, limit: limit)
    }

    /// Reads an optional title and the closing parenthesis.
    private static func readEnd(
        _ bytes: [UInt8],
        after address: Range<Int>,
        from start: Int,
        limit: Int
    ) -> MarkdownTarget {
        var at = start
        while at < limit, bytes[at] <= 0x20 { at += 1 }
        guard at < limit else { return unfinished(bytes, limit) }
        if let quote = [0x22, 0x27].first(where: { $0 == bytes[at] }), at > start {
            guard let end = bytes[(at + 1)..<limit].firstIndex(of: quote) else {
                return unfinished(bytes, limit)
            }
            at = end + 1
            while at < limit, bytes[at] <= 0x20 { at += 1 }
            guard at < limit else { return unfinished(bytes, limit) }
        }
        guard bytes[at] == UInt8(ascii: ")") else { return .none }
        return .found(address: String(decoding: bytes[address], as: UTF8.self), end: at + 1)
    }

    private static func unfinished(_ bytes: [UInt8], _ limit: Int) -> MarkdownTarget {
        limit == bytes.count ? .unfinished : .none
    }

    private static let ends = Set("<>\"`[]|\\{}^".utf8)

    /// The length of a bare address without the punctuation after it.
    static func bareLength(_ bytes: ArraySlice<UInt8>) -> Int {
        var text = bytes.prefix { $0 > 0x20 && !ends.contains($0) }
        var opened = text.reduce(0) { $0 + ($1 == 0x28 ? 1 : $1 == 0x29 ? -1 : 0) }
        while let last = text.last {
            if last == 0x29, opened < 0 {
                opened += 1
            } else if !".,;:!?'*_~".utf8.contains(last) {
                break
            }
            text.removeLast()
        }
        // A limit may have divided the last scalar.
        while text.count == MarkdownInline.longestAddress, let last = text.last, last >= 0x80 {
            text.removeLast()
        }
        return text.count
    }
}
