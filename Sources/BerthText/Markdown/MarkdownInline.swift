/// Reads the marks inside a paragraph: emphasis, code, links, formulas, escapes.
///
/// The time is linear in the text: each search for an end either finds it, or is remembered.
/// Emphasis follows CommonMark except beside punctuation, where models write it more freely, above
/// all in Chinese.
package struct MarkdownInline {
    /// The longest address of a link, in bytes.
    package static let longestAddress = 2_048
    /// The deepest nesting of parentheses in an address.
    static let deepestAddress = 8

    /// A piece of the text, with the changes of style before and after it.
    struct Token {
        var text: Range<Int>
        /// The text that is shown instead of `text`.
        var literal: String?
        var isCode = false
        /// The address, if the piece is one.
        var address: String?
        var before = Change()
        var after = Change()
        var linkBefore: String?
        var endsLink = false
    }

    /// Changes of the number of open marks.
    struct Change {
        var (bold, italic, struck) = (0, 0, 0)
    }

    /// A run of marks that may open or close emphasis.
    struct Delimiter {
        let token: Int
        let mark: UInt8
        var count: Int
        let original: Int
        let opens: Bool
        let closes: Bool
    }

    private struct Bracket {
        let token: Int
        let delimiters: Int
        let isPicture: Bool
    }

    let bytes: [UInt8]
    /// Whether more text may follow.
    ///
    /// Marks that are still open then hold up to the end.
    let isOpen: Bool
    var at = 0
    /// The start of the plain text that is in no token yet.
    private var from = 0
    var tokens: [Token] = []
    var delimiters: [Delimiter] = []
    private var brackets: [Bracket] = []
    private var ticks: [Int: Places]?
    private var closers: [String: Places] = [:]
    private var singles: [UInt8: Places] = [:]

    /// The text in pieces of one style.
    ///
    /// - Parameters:
    ///   - text: the text of a paragraph, a heading or a cell.
    ///   - isOpen: whether more text may follow.
    /// - Returns: the pieces in their order. Neighbours differ.
    package static func runs(of text: [UInt8], isOpen: Bool = false) -> [MarkdownRun] {
        var scan = MarkdownInline(bytes: text, isOpen: isOpen)
        return scan.run()
    }

    private init(bytes: [UInt8], isOpen: Bool) {
        (self.bytes, self.isOpen) = (bytes, isOpen)
    }

    private mutating func run() -> [MarkdownRun] {
        while at < bytes.count {
            if !step(bytes[at]) { at += 1 }
        }
        flush()
        matchDelimiters(from: 0, isLast: true)
        return MarkdownSweep(self).runs
    }

    /// At most `most` bytes from `start` on.
    private func window(_ start: Int, _ most: Int) -> ArraySlice<UInt8> {
        bytes[min(start, bytes.count)..<min(start + most, bytes.count)]
    }

    subscript(index: Int) -> UInt8? { index >= 0 && index < bytes.count ? bytes[index] : nil }

    // MARK: Tokens

    /// Moves the plain text before the place into a token.
    private mutating func flush() {
        if at > from { tokens.append(Token(text: from..<at)) }
        from = at
    }

    /// Adds a token for the next `length` bytes.
    mutating func put(_ length: Int, literal: String? = nil, isCode: Bool = false) -> Bool {
        flush()
        tokens.append(Token(text: at..<at + length, literal: literal, isCode: isCode))
        at += length
        from = at
        return true
    }

    /// Reads a mark at the place.
    ///
    /// - Returns: false if the byte is plain text.
    private mutating func step(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\\"): escape()
        case MarkdownLine.tick: code()
        case UInt8(ascii: "$"): dollars()
        case MarkdownLine.star, MarkdownLine.line, MarkdownLine.tilde: emphasis(byte)
        case UInt8(ascii: "["): bracket(1)
        case UInt8(ascii: "!"): self[at + 1] == UInt8(ascii: "[") && bracket(2)
        case UInt8(ascii: "]"): link()
        case UInt8(ascii: "<"): angle()
        case UInt8(ascii: "&"): reference()
        case UInt8(ascii: "h"): bareAddress()
        default: false
        }
    }

    private mutating func escape() -> Bool {
        guard let next = self[at + 1] else { return false }
        if next == UInt8(ascii: "("), formula("\\(", "\\)") { return true }
        if next == UInt8(ascii: "["), formula("\\[", "\\]") { return true }
        // A backslash at the end of a line is a line break, which the newline is already.
        if next == 0x0A { return put(1, literal: "") }
        guard next < 0x80, MarkdownText.isPunctuation(Unicode.Scalar(next)) else { return false }
        return put(2, literal: String(Unicode.Scalar(next)))
    }

    // MARK: Code and formulas

    private func runLength(_ start: Int) -> Int {
        let mark = bytes[start]
        var end = start
        while end < bytes.count, bytes[end] == mark { end += 1 }
        return end - start
    }

    /// Reads a code span.
    ///
    /// All runs of backticks are found once, so that no end is searched twice.
    private mutating func code() -> Bool {
        let size = runLength(at)
        if ticks == nil { ticks = allTicks() }
        let end = ticks?[size]?.next(after: at)
        guard end != nil || (isOpen && at + size < bytes.count) else {
            at += size
            return true
        }
        var inner = bytes[at + size..<(end ?? bytes.count)].map { $0 == 0x0A ? 0x20 : $0 }
        if inner.first == 0x20, inner.last == 0x20, inner.contains(where: { $0 != 0x20 }) {
            inner = Array(inner.dropFirst().dropLast())
        }
        let length = (end.map { $0 + size } ?? bytes.count) - at
        return put(length, literal: String(decoding: inner, as: UTF8.self), isCode: true)
    }

    private func allTicks() -> [Int: Places] {
        var (found, index) = ([Int: Places](), at)
        while index < bytes.count {
            guard bytes[index] == MarkdownLine.tick else {
                index += 1
                continue
            }
            let size = runLength(index)
            found[size, default: Places()].all.append(index)
            index += size
        }
        return found
    }

    /// Reads `$…$` or `$$…$$`.
    ///
    /// Prices are plain text: a formula has no space inside its marks and no letter or digit after
    /// it.
    private mutating func dollars() -> Bool {
        let mark = self[at + 1] == UInt8(ascii: "$") ? "$$" : "$"
        let first = self[at + mark.utf8.count]
        let begins = first.map { $0 > 0x20 && !",.;:!?)".utf8.contains($0) } ?? false
        if begins, formula(mark, mark) { return true }
        at += mark.utf8.count
        return true
    }

    /// Reads a formula between two marks, which is shown as its source.
    private mutating func formula(_ open: String, _ close: String) -> Bool {
        let start = at + open.utf8.count
        if closers[close] == nil { closers[close] = allClosers(close) }
        guard let end = closers[close]?.next(after: start) else { return false }
        // `\[text\](address)` has escaped brackets, and a backtick belongs to a code span. Of
        // several prices in a row the last dollar might close the first.
        let isLink = close == "\\]" && self[end + 2] == UInt8(ascii: "(")
        let isPrice = open.utf8.first == 0x24 && holds(0x24, from: start, to: end)
        guard !isLink, !isPrice, !holds(MarkdownLine.tick, from: start, to: end) else {
            return false
        }
        return put(
            end + close.utf8.count - at,
            literal: String(decoding: bytes[start..<end], as: UTF8.self),
            isCode: true
        )
    }

    /// Whether a byte is in a range.
    ///
    /// The ranges that are asked for begin in ascending order.
    private mutating func holds(_ byte: UInt8, from start: Int, to end: Int) -> Bool {
        if singles[byte] == nil {
            singles[byte] = Places(all: bytes.indices.filter { bytes[$0] == byte })
        }
        return singles[byte]?.next(after: start - 1).map { $0 < end } ?? false
    }

    private func allClosers(_ mark: String) -> Places {
        let isDollar = mark.utf8.first == 0x24
        var (places, index) = (Places(), at)
        while let found = bytes.offset(of: mark, from: index) {
            index = found + mark.utf8.count
            if isDollar {
                guard let before = self[found - 1], before > 0x20, before != MarkdownLine.backslash
                else { continue }
                let isDouble = before == 0x24 || self[index] == 0x24
                if mark == "$", isDouble || MarkdownText.isWord(bytes, at: index) { continue }
            }
            places.all.append(found)
        }
        return places
    }

    // MARK: Emphasis

    private mutating func emphasis(_ mark: UInt8) -> Bool {
        let size = runLength(at)
        let (before, after) = (self[at - 1], self[at + size])
        if mark == MarkdownLine.tilde, size != 2 {
            at += size
            return true
        }
        var opens = !MarkdownText.isSpace(bytes, at: at + size)
        var closes = !MarkdownText.isSpace(bytes, before: at)
        if mark == MarkdownLine.line {
            opens = opens && !(before != nil && MarkdownText.isWord(bytes, before: at))
            closes = closes && !(after != nil && MarkdownText.isWord(bytes, at: at + size))
        }
        _ = put(size)
        guard opens || closes else { return true }
        delimiters.append(
            Delimiter(
                token: tokens.count - 1,
                mark: mark,
                count: size,
                original: size,
                opens: opens,
                closes: closes
            )
        )
        return true
    }

    // MARK: Links

    private mutating func bracket(_ length: Int) -> Bool {
        _ = put(length)
        brackets.append(
            Bracket(token: tokens.count - 1, delimiters: delimiters.count, isPicture: length == 2)
        )
        return true
    }

    /// Reads `](address)`, which makes the text since the last `[` a link.
    private mutating func link() -> Bool {
        guard let bracket = brackets.popLast(), self[at + 1] == UInt8(ascii: "(") else {
            return false
        }
        switch MarkdownTarget.read(bytes, at: at + 2) {
        case .none: return false
        case .unfinished:
            guard isOpen else { return false }
            close(bracket, length: bytes.count - at, address: "")
        case .found(let address, let end):
            close(bracket, length: end - at, address: address)
            // Links do not nest, so that outer brackets cannot become a link any more.
            if !bracket.isPicture { brackets = [] }
        }
        return true
    }

    private mutating func close(_ bracket: Bracket, length: Int, address: String) {
        _ = put(length, literal: "")
        let last = tokens.count - 1
        matchDelimiters(from: bracket.delimiters, isLast: false)
        delimiters.removeLast(delimiters.count - bracket.delimiters)
        tokens[bracket.token].literal = ""
        let isEmpty = tokens[bracket.token + 1..<last].allSatisfy { $0.text.isEmpty }
        if MarkdownText.isSafe(address) {
            tokens[bracket.token].linkBefore = address
            tokens[last].endsLink = true
            if isEmpty { tokens[last].literal = address }
        } else if !address.isEmpty {
            // A relative address leads nowhere, so it stays text.
            tokens[last].literal = isEmpty ? address : " (\(address))"
        }
    }

    /// Reads `<https://…>` or `<br>`.
    ///
    /// Other tags are text.
    private mutating func angle() -> Bool {
        let next = window(at, 6).map { $0 | 0x20 }
        for tag in ["<br>", "<br/>", "<br />"] where next.starts(with: tag.utf8.map { $0 | 0x20 }) {
            return put(tag.utf8.count, literal: self[at + tag.utf8.count] == 0x0A ? "" : "\n")
        }
        let window = window(at + 1, Self.longestAddress)
        guard let end = window.firstIndex(where: { $0 <= 0x20 || $0 == 0x3C || $0 == 0x3E }),
            bytes[end] == UInt8(ascii: ">")
        else { return false }
        let address = String(decoding: bytes[at + 1..<end], as: UTF8.self)
        guard MarkdownText.isSafe(address) else { return false }
        _ = put(end + 1 - at, literal: address)
        tokens[tokens.count - 1].address = address
        return true
    }

    /// Reads a character reference such as `&amp;`.
    private mutating func reference() -> Bool {
        let window = window(at + 1, 10)
        guard let end = window.firstIndex(of: UInt8(ascii: ";")),
            let text = MarkdownText.character(
                named: String(decoding: bytes[at + 1..<end], as: UTF8.self)
            )
        else { return false }
        return put(end + 1 - at, literal: text)
    }

    /// Reads an address without marks.
    ///
    /// Punctuation at its end is text.
    private mutating func bareAddress() -> Bool {
        let rest = bytes[at...]
        guard rest.starts(with: "https://".utf8) || rest.starts(with: "http://".utf8),
            !MarkdownText.isWord(bytes, before: at)
        else { return false }
        let length = MarkdownTarget.bareLength(rest.prefix(Self.longestAddress))
        let address = String(decoding: rest.prefix(length), as: UTF8.self)
        guard MarkdownText.isSafe(address) else {
            // No second search begins within these bytes.
            at += length
            return true
        }
        _ = put(length)
        tokens[tokens.count - 1].address = address
        return true
    }
}

/// Places of a mark in ascending order, which are asked for in ascending order.
struct Places {
    var all: [Int]
    private var passed = 0

    init(all: [Int] = []) { self.all = all }

    /// The first place after `index`.
    mutating func next(after index: Int) -> Int? {
        while passed < all.count, all[passed] <= index { passed += 1 }
        return passed < all.count ? all[passed] : nil
    }
}
