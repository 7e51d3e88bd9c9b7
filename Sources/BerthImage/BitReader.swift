/// A reader of single bits, from the highest of each byte.
///
/// Past the end it reads zeros and says so.
struct BitReader {
    private let bytes: [UInt8]
    private var at = 0
    /// Whether more bits were read than there are.
    private(set) var isOver = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next `count` bits, 0 to 32, as a number.
    mutating func next(_ count: Int) -> Int {
        var value = 0
        for _ in 0..<count {
            let byte = at >> 3
            if byte >= bytes.count { isOver = true }
            let bit = byte < bytes.count ? Int(bytes[byte] >> (7 - UInt8(at & 7)) & 1) : 0
            value = value << 1 | bit
            at += 1
        }
        return value
    }

    mutating func skip(_ count: Int) { at += count }

    /// The next bit.
    mutating func flag() -> Bool { next(1) == 1 }

    /// The next number in an exponential Golomb code, as HEVC and AV1 have it.
    mutating func golomb() -> Int {
        var zeros = 0
        while zeros < 32, !flag() { zeros += 1 }
        return zeros < 32 ? (1 << zeros) - 1 + next(zeros) : 0
    }
}
