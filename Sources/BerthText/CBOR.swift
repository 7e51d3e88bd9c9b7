/// A value of CBOR (RFC 8949), as authenticators write it: of definite length, without fractions.
package indirect enum CBOR: Equatable, Sendable {
    /// An integer. Those outside of `Int64` are refused.
    case integer(Int64)
    case bytes([UInt8])
    case text(String)
    case array([CBOR])
    /// Pairs in the order of their writing. No key occurs twice.
    case map([Pair])
    case bool(Bool)
    case null

    /// An entry of a map.
    package struct Pair: Equatable, Sendable {
        /// An integer or a text.
        package let key: CBOR
        /// Its value.
        package let value: CBOR

        /// Makes an entry.
        package init(key: CBOR, value: CBOR) { (self.key, self.value) = (key, value) }
    }

    /// Reads the one value that `bytes` are.
    ///
    /// - Returns: nil for a malformed value, for more than ``most`` values, for more than
    ///   ``deepest`` levels, and for kinds that ``CBOR`` does not have.
    package init?(_ bytes: some Collection<UInt8>) {
        guard let (value, length) = CBOR.first(of: bytes), length == bytes.count else { return nil }
        self = value
    }

    /// The value at the start of `bytes` and its length, or nil as for ``init(_:)``.
    package static func first(of bytes: some Collection<UInt8>) -> (value: CBOR, length: Int)? {
        var reader = CBORReader(bytes)
        return reader.value().map { ($0, reader.position) }
    }

    /// The most values of one text, those inside of others too.
    package static let most = 64
    /// The longest text, in bytes.
    package static let longestText = 64
    /// The most levels of arrays and maps.
    package static let deepest = 4

    /// The value of a map at a number or a text, or nil for another kind of value.
    package subscript(_ key: CBOR) -> CBOR? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.key == key }?.value
    }

    /// Its bytes, or nil for another kind of value.
    package var byteString: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }
}

/// Reads ``CBOR`` from bytes, each of which it looks at once.
private struct CBORReader {
    private let bytes: [UInt8]
    private(set) var position = 0
    private var values = 0

    init(_ bytes: some Collection<UInt8>) { self.bytes = Array(bytes) }

    mutating func value(depth: Int = 0) -> CBOR? {
        values += 1
        guard values <= CBOR.most, depth <= CBOR.deepest, let first = take(1)?.first else {
            return nil
        }
        guard let count = argument(first & 0x1F) else { return nil }
        switch first >> 5 {
        case 0: return Int64(exactly: count).map { .integer($0) }
        case 1: return Int64(exactly: count).map { .integer(-1 - $0) }
        case 2: return take(count).map { .bytes(Array($0)) }
        case 3:
            // Texts are compared, and a known one is short.
            guard count <= CBOR.longestText else { return nil }
            return take(count).flatMap { String(validating: $0, as: UTF8.self) }.map { .text($0) }
        case 4: return array(count, depth + 1)
        case 5: return map(count, depth + 1)
        case 7 where first == 0xF4 || first == 0xF5: return .bool(first == 0xF5)
        case 7 where first == 0xF6: return .null
        default: return nil
        }
    }

    /// The number that follows a head, or nil for an indefinite length.
    private mutating func argument(_ short: UInt8) -> UInt64? {
        guard short >= 24 else { return UInt64(short) }
        guard short <= 27, let bytes = take(UInt64(1) << (short - 24)) else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
        guard count <= UInt64(bytes.count - position) else { return nil }
        let start = position
        position += Int(count)
        return bytes[start..<position]
    }

    private mutating func array(_ count: UInt64, _ depth: Int) -> CBOR? {
        guard count <= UInt64(CBOR.most) else { return nil }
        var items: [CBOR] = []
        for _ in 0..<count {
            guard let item = value(depth: depth) else { return nil }
            items.append(item)
        }
        return .array(items)
    }

    private mutating func map(_ count: UInt64, _ depth: Int) -> CBOR? {
        guard count <= UInt64(CBOR.most) else { return nil }
        var pairs: [CBOR.Pair] = []
        for _ in 0..<count {
            guard let key = value(depth: depth), let item = value(depth: depth) else { return nil }
            switch key {
            case .integer, .text: break
            default: return nil
            }
            guard !pairs.contains(where: { $0.key == key }) else { return nil }
            pairs.append(CBOR.Pair(key: key, value: item))
        }
        return .map(pairs)
    }
}
