/// The first bytes of a picture, read as numbers and names at any place.
///
/// A place outside the bytes gives nil, so a damaged picture never traps.
struct ByteReader {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var count: Int { bytes.count }

    /// The byte at `at`.
    func u8(_ at: Int) -> Int? { bytes.indices.contains(at) ? Int(bytes[at]) : nil }

    /// The big-endian number of two bytes at `at`.
    func u16(_ at: Int) -> Int? { number(at, 2) }

    /// The big-endian number of four bytes at `at`.
    func u32(_ at: Int) -> Int? { number(at, 4) }

    /// The big-endian number of eight bytes at `at`, or nil if it does not fit 62 bits.
    func u64(_ at: Int) -> Int? {
        guard let high = u32(at), let low = u32(at + 4), high < 1 << 30 else { return nil }
        return high << 32 | low
    }

    /// The big-endian number of `size` bytes at `at`, 0 to 4 bytes.
    func number(_ at: Int, _ size: Int) -> Int? {
        guard at >= 0, at <= bytes.count - size else { return nil }
        return bytes[at..<at + size].reduce(0) { $0 << 8 | Int($1) }
    }

    /// The little-endian number of `size` bytes at `at`, 0 to 4 bytes.
    func little(_ at: Int, _ size: Int) -> Int? {
        guard at >= 0, at <= bytes.count - size else { return nil }
        return bytes[at..<at + size].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Whether `text` stands at `at`.
    func has(_ text: String, at place: Int) -> Bool { has(Array(text.utf8), at: place) }

    /// Whether `other` stands at `at`.
    func has(_ other: [UInt8], at place: Int) -> Bool {
        guard place >= 0, place <= bytes.count - other.count else { return false }
        return bytes[place..<place + other.count].elementsEqual(other)
    }

    /// The four letters at `at`, as a number that ``code(_:)`` gives for their text.
    func code(_ at: Int) -> Int? { u32(at) }

    /// The number of four letters.
    static func code(_ text: String) -> Int { text.utf8.reduce(0) { $0 << 8 | Int($1) } }
}
