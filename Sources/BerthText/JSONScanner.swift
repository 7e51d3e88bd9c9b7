/// A scanner that checks JSON text without building values.
///
/// Strings and numbers stay bytes.
///
/// Nesting is bounded, so hostile input cannot exhaust the stack. The time is linear.
struct JSONScanner {
    private let bytes: [UInt8]
    private(set) var offset: Int
    private let end: Int
    /// The values that are skipped, if they are to be noted.
    private(set) var index: JSONIndex

    /// The deepest nesting.
    ///
    /// OpenAI's deepest requests (tool schemas) have less than 20 levels.
    private static let maximumDepth = 64

    init(_ bytes: [UInt8], in range: Range<Int>, isIndexed: Bool = false) {
        self.bytes = bytes
        index = JSONIndex(of: bytes, isWanted: isIndexed)
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
        guard peek() != nil else { throw failure("a value is missing") }
        let start = offset
        try skip(depth)
        return start..<offset
    }

    /// Skips a value with everything in it.
    ///
    /// A text may consist of millions of tiny values, so there is no call and no closure for each.
    private mutating func skip(_ outermost: Int) throws(JSONError) {
        // A bit for each open level, the innermost one lowest: 1 for an object, 0 for a list.
        var (objects, depth, key) = (UInt64(0), outermost, 0..<0)
        while true {
            guard let first = peek() else { throw failure("a value is missing") }
            // A plain member of the object itself is known to the object.
            let isInner = depth > outermost || first == UInt8(ascii: "{")
            if isInner || first == UInt8(ascii: "[") { index.open(offset, key: key) }
            switch first {
            case UInt8(ascii: "{"):
                try open(depth)
                if !take(UInt8(ascii: "}")) {
                    (objects, depth) = (objects << 1 | 1, depth + 1)
                    key = try name()
                    continue
                }
            case UInt8(ascii: "["):
                try open(depth)
                if !take(UInt8(ascii: "]")) {
                    (objects, depth, key) = (objects << 1, depth + 1, 0..<0)
                    continue
                }
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
            default: try word()
            }
            index.close(offset)
            // The value has ended, and the ones around it may end with it.
            while depth > outermost, !take(UInt8(ascii: ",")) {
                try expect(objects & 1 == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]"))
                (objects, depth) = (objects >> 1, depth - 1)
                index.close(offset)
            }
            if depth == outermost { return }
            key = objects & 1 == 1 ? try name() : 0..<0
        }
    }

    /// Reads the mark that opens an object or a list at `depth`.
    private mutating func open(_ depth: Int) throws(JSONError) {
        guard depth < JSONScanner.maximumDepth else { throw failure("it is nested too deeply") }
        offset += 1
    }

    /// Reads a member's name and the colon after it.
    private mutating func name() throws(JSONError) -> Range<Int> {
        guard peek() == UInt8(ascii: "\"") else { throw failure("a member's name is expected") }
        let start = offset
        try string()
        let key = start..<offset
        try expect(UInt8(ascii: ":"))
        return key
    }

    /// Skips an object, and reports the ranges of each member's key (with its quotes) and value.
    mutating func members(
        _ visit: (Range<Int>, Range<Int>) throws(JSONError) -> Void
    ) throws(JSONError) {
        try expect(UInt8(ascii: "{"))
        if take(UInt8(ascii: "}")) { return }
        repeat { try visit(name(), value(depth: 1)) } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    /// Skips an array, and reports the range of each element.
    mutating func elements(
        _ visit: (Range<Int>) throws(JSONError) -> Void
    ) throws(JSONError) {
        try expect(UInt8(ascii: "["))
        if take(UInt8(ascii: "]")) { return }
        repeat { try visit(value(depth: 1)) } while take(UInt8(ascii: ","))
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
            guard offset + 6 <= end, isHex(offset + 2), isHex(offset + 3), isHex(offset + 4),
                isHex(offset + 5)
            else { throw failure("\\u needs four hexadecimal digits") }
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

    private func isHex(_ place: Int) -> Bool { JSONScanner.hex(bytes[place]) != nil }

    private mutating func word() throws(JSONError) {
        let isWord =
            switch bytes[offset] {
            case UInt8(ascii: "t"): takeRaw("true")
            case UInt8(ascii: "f"): takeRaw("false")
            case UInt8(ascii: "n"): takeRaw("null")
            default: false
            }
        guard isWord else { throw failure("a value is expected") }
    }

    /// Reads `word` if it stands here.
    ///
    /// A literal's UTF-8 needs no allocation.
    private mutating func takeRaw(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard end - offset >= count else { return false }
        for index in 0..<count where unsafe bytes[offset + index] != word.utf8Start[index] {
            return false
        }
        offset += count
        return true
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
