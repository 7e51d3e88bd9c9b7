/// A piece of Swift code.
struct Token: Sendable {
    enum Kind { case word, symbol, string }

    let kind: Kind
    /// A word, one symbol, or the content of a string.
    ///
    /// A raw identifier keeps its backticks. A string has a token for each part between
    /// interpolations, whose own tokens follow in parentheses.
    let text: String
    /// The number of its first line, from 1.
    let line: Int
    /// Whether it directly follows the token before.
    let isGlued: Bool

    /// Whether it is this word or symbol of the code.
    ///
    /// The content of a string never is.
    func `is`(_ text: String) -> Bool { kind != .string && self.text == text }
}

/// A lexer that splits Swift into tokens and comments.
///
/// It knows nested comments, raw and multi-line strings, interpolations and `#/…/#`, but not bare
/// `/…/`.
struct Lexer {
    private(set) var tokens: [Token] = []
    /// The comments' text by line.
    private(set) var comments: [Int: String] = [:]

    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var end = -1

    init(_ text: String) {
        bytes = Array(text.utf8)
        code(isInterpolation: false)
    }

    private func byte(_ offset: Int = 0) -> UInt8? {
        at + offset < bytes.count ? bytes[at + offset] : nil
    }

    private func sees(_ text: StaticString) -> Bool {
        let wanted = Array("\(text)".utf8)
        return bytes[at...].starts(with: wanted)
    }

    /// Moves forward by `count` bytes and counts their lines.
    private mutating func skip(_ count: Int = 1) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") { line += 1 }
            at += 1
        }
    }

    private func text(from start: Int) -> String {
        String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func add(_ kind: Token.Kind, from start: Int, onLine line: Int, text: String) {
        tokens.append(Token(kind: kind, text: text, line: line, isGlued: start == end))
        end = at
    }

    // MARK: Code

    private mutating func code(isInterpolation: Bool) {
        var depth = 0
        while let next = byte() {
            if next == UInt8(ascii: " ") || next == UInt8(ascii: "\n") {
                skip()
            } else if sees("//") {
                lineComment()
            } else if sees("/*") {
                blockComment()
            } else if next == UInt8(ascii: "\"") || next == UInt8(ascii: "#") {
                stringOrHash()
            } else if isWord(next) || next == UInt8(ascii: "`") {
                word()
            } else {
                if next == UInt8(ascii: "(") { depth += 1 }
                if next == UInt8(ascii: ")") { depth -= 1 }
                symbol()
                if isInterpolation && depth == 0 { return }
            }
        }
    }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    private mutating func word() {
        let start = at
        if byte() == UInt8(ascii: "`") {
            repeat { skip() } while byte() != nil && byte() != UInt8(ascii: "`")
            skip()
        } else {
            while let next = byte(), isWord(next) { skip() }
        }
        add(.word, from: start, onLine: line, text: text(from: start))
    }

    private mutating func symbol() {
        let start = at
        skip()
        add(.symbol, from: start, onLine: line, text: text(from: start))
    }

    // MARK: Comments

    private mutating func lineComment() {
        let start = at
        while let next = byte(), next != UInt8(ascii: "\n") { skip() }
        comments[line, default: ""] += text(from: start)
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            let start = at
            let here = line
            if sees("/*") {
                depth += 1
                skip(2)
            } else if sees("*/") {
                depth -= 1
                skip(2)
            } else {
                skip()
            }
            comments[here, default: ""] += text(from: start)
        } while depth > 0 && at < bytes.count
    }

    // MARK: Strings

    private mutating func stringOrHash() {
        var hashes = 0
        while byte(hashes) == UInt8(ascii: "#") { hashes += 1 }
        switch byte(hashes) {
        case UInt8(ascii: "\""):
            let isLong =
                byte(hashes + 1) == UInt8(ascii: "\"") && byte(hashes + 2) == UInt8(ascii: "\"")
            string(
                hashes: hashes,
                quotes: Array(repeating: UInt8(ascii: "\""), count: isLong ? 3 : 1)
            )
        case UInt8(ascii: "/") where hashes > 0: string(hashes: hashes, quotes: [UInt8(ascii: "/")])
        default: symbol()
        }
    }

    private mutating func string(hashes: Int, quotes: [UInt8]) {
        let raw = Array(repeating: UInt8(ascii: "#"), count: hashes)
        let (closing, escape) = (quotes + raw, [UInt8(ascii: "\\")] + raw)
        let interpolation = escape + [UInt8(ascii: "(")]
        skip(closing.count)
        var start = at
        var first = line
        while at < bytes.count, !bytes[at...].starts(with: closing) {
            if bytes[at...].starts(with: interpolation) {
                add(.string, from: start, onLine: first, text: text(from: start))
                skip(escape.count)
                code(isInterpolation: true)
                (start, first) = (at, line)
            } else {
                skip(bytes[at...].starts(with: escape) ? escape.count + 1 : 1)
            }
        }
        add(.string, from: start, onLine: first, text: text(from: start))
        skip(closing.count)
        end = at
    }
}
