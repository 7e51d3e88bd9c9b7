/// A scanner that checks JSON text without building values.
///
/// Strings and numbers stay bytes.
///
/// Nesting is bounded, so hostile input cannot exhaust the stack. The time is linear.
struct JSONScanner {
    private let bytes: [UInt8]
    private(set) var offset: Int
    private let end: Int

    /// The deepest nesting.
    ///
    /// OpenAI's deepest requests (tool schemas) have less than 20 levels.
    private static let maximumDepth = 64

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next byte that is not white space, or nil at the end.
    mutating func peek() -> UInt8? {
        while offset < end, JSONScanner.isSpace(bytes[offset]) { offset += 1 }
        return offset < end ? bytes[offset] : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    func failure(_ reason: String) -> JSONError { JSONError(reason: reason, offset: offset) }

    mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard peek() == byte else {
            throw failure("'\(Character(UnicodeScalar(byte)))' is expected")
        }
        offset += 1
    }

    /// Reads `byte` if it is the next byte.
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        offset += 1
        return true
    }

    /// Skips one value of any type.
    ///
    /// - Returns: the range of the value without white space around it.
    mutating func value(depth: Int = 0) throws(JSONError) -> Range<Int> {
        guard let first = peek() else { throw failure("a value is missing") }
        let start = offset
        switch first {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "{"):
            try members(depth: depth) { _, _ throws(JSONError) in }
        case UInt8(ascii: "["):
            try elements(depth: depth) { _ throws(JSONError) in }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        default: try word()
        }
        return start..<offset
    }

    /// Skips an object, and reports the ranges of each member's key (with its quotes) and value.
    mutating func members(
        depth: Int = 0,
        _ visit: (Range<Int>, Range<Int>) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard depth < JSONScanner.maximumDepth else { throw failure("it is nested too deeply") }
        try expect(UInt8(ascii: "{"))
        if take(UInt8(ascii: "}")) { return }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw failure("a member's name is expected") }
            let start = offset
            try string()
            let key = start..<offset
            try expect(UInt8(ascii: ":"))
            try visit(key, value(depth: depth + 1))
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    /// Skips an array, and reports the range of each element.
    mutating func elements(
        depth: Int = 0,
        _ visit: (Range<Int>) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard depth < JSONScanner.maximumDepth else { throw failure("it is nested too deeply") }
        try expect(UInt8(ascii: "["))
        if take(UInt8(ascii: "]")) { return }
        repeat { try visit(value(depth: depth + 1)) } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    private mutating func string() throws(JSONError) {
        offset += 1
        while true {
            skipPlainText()
            offset = JSONScanner.plainEnd(bytes, from: offset, to: end)
            guard offset < end else { throw failure("a string has no end") }
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return
            case UInt8(ascii: "\\"): try escape()
            default: throw failure("a control character must be escaped")
            }
        }
    }

    /// The end of the bytes from `start` on that stand for themselves in a string.
    ///
    /// Most bytes of most texts are of this kind, so the loop keeps its state in registers.
    private static func plainEnd(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
        let span = bytes.span
        var index = start
        while index < end {
            let byte = span[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            index += 1
        }
        return index
    }

    /// Skips whole words of eight bytes that have no quote, backslash or control character.
    ///
    /// A request may be one string of megabytes, which a loop over bytes would take milliseconds
    /// for.
    private mutating func skipPlainText() {
        let (ones, highs) = (UInt64(0x0101_0101_0101_0101), UInt64(0x8080_8080_8080_8080))
        let (start, end) = (offset, end)
        offset = unsafe bytes.withUnsafeBytes { buffer in
            var at = start
            while at + 8 <= end {
                let word = unsafe buffer.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                let (quote, slash) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
                let controls = (word &- (ones &* 0x20)) & ~word
                let marks = (quote &- ones) & ~quote | (slash &- ones) & ~slash | controls
                guard marks & highs == 0 else { break }
                at += 8
            }
            return at
        }
    }

    private mutating func escape() throws(JSONError) {
        guard offset + 1 < end else { throw failure("a string has no end") }
        switch bytes[offset + 1] {
        case UInt8(ascii: "u"):
            let digits = offset + 2..<min(offset + 6, end)
            guard digits.count == 4, digits.allSatisfy({ JSONScanner.hex(bytes[$0]) != nil }) else {
                throw failure("\\u needs four hexadecimal digits")
            }
            offset += 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 2
        default: throw failure("an unknown escape")
        }
    }

    private mutating func number() throws(JSONError) {
        _ = takeRaw(UInt8(ascii: "-"))
        if !takeRaw(UInt8(ascii: "0")) { try digits() }
        if takeRaw(UInt8(ascii: ".")) { try digits() }
        if takeRaw(UInt8(ascii: "e")) || takeRaw(UInt8(ascii: "E")) {
            if !takeRaw(UInt8(ascii: "+")) { _ = takeRaw(UInt8(ascii: "-")) }
            try digits()
        }
    }

    private mutating func takeRaw(_ byte: UInt8) -> Bool {
        guard offset < end, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while offset < end, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        if offset == start { throw failure("a digit is expected") }
    }

    private mutating func word() throws(JSONError) {
        for word in ["true", "false", "null"] where bytes[offset..<end].starts(with: word.utf8) {
            offset += word.utf8.count
            return
        }
        throw failure("a value is expected")
    }

    static func hex(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte) - 0x30
        case 0x41...0x46: UInt32(byte) - 0x41 + 10
        case 0x61...0x66: UInt32(byte) - 0x61 + 10
        default: nil
        }
    }
}
