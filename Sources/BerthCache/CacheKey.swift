/// What kind of thing is kept; the word is part of its key in Redis.
package enum CacheKind: UInt8, CaseIterable, Sendable {
    /// The answer to a chat.
    case answer = 1
    /// A text in another language.
    case translation = 2
    /// The picture that a prompt led to.
    case imagePrompt = 3
    /// The models of a provider.
    case modelList = 4

    /// The word in keys and statistics.
    package var name: String {
        switch self {
        case .answer: "answer"
        case .translation: "translation"
        case .imagePrompt: "imagePrompt"
        case .modelList: "modelList"
        }
    }

    /// Whether asking again is expected to bring other words for the same thing, so that a
    /// difference says nothing about how long the thing lasts.
    var isSampled: Bool { self != .modelList }
}

/// The name of one entry: its kind and the hash of everything that its value depends on.
package struct CacheKey: Hashable, Sendable {
    /// What is kept.
    package let kind: CacheKind
    /// 16 to 64 bytes of a cryptographic hash.
    package let hash: [UInt8]

    /// What every key in Redis begins with; the number changes with the values' format.
    package static let prefix = "berth:v1:"

    /// Names an entry by a hash of 16 to 64 bytes; any other number is a bug and traps.
    package init(_ kind: CacheKind, hash: [UInt8]) {
        precondition((16...64).contains(hash.count), "a cache key of \(hash.count) bytes")
        self.kind = kind
        self.hash = hash
    }

    /// The key of what any tenant may be given.
    ///
    /// - Parameters:
    ///   - kind: what is kept.
    ///   - parts: everything the value depends on, in a fixed order: model, parameters, messages.
    ///   - hash: a cryptographic hash, as SHA-256, of pieces in a row: a part may be a picture,
    ///     which is not copied.
    /// - Returns: the same for every tenant.
    package static func shared(
        _ kind: CacheKind,
        parts: [ArraySlice<UInt8>],
        hash: ([ArraySlice<UInt8>]) -> [UInt8]
    ) -> CacheKey { CacheKey(kind, hash: hash(encoded(kind, tenant: nil, parts))) }

    /// The key of what only `tenant` may be given.
    ///
    /// - Parameters:
    ///   - kind: what is kept.
    ///   - tenant: the number of its row: a name may be somebody else's later.
    ///   - parts: everything else that the value depends on, in a fixed order.
    ///   - hash: a cryptographic hash, as SHA-256, of pieces in a row: a part may be a picture,
    ///     which is not copied.
    /// - Returns: another for every tenant, and none that is shared.
    package static func salted(
        _ kind: CacheKind,
        tenant: Int64,
        parts: [ArraySlice<UInt8>],
        hash: ([ArraySlice<UInt8>]) -> [UInt8]
    ) -> CacheKey { CacheKey(kind, hash: hash(encoded(kind, tenant: tenant, parts))) }

    /// Kind, scope and parts, each part with its length before it: two different lists never have
    /// the same bytes, whatever is in them.
    static func encoded(
        _ kind: CacheKind,
        tenant: Int64?,
        _ parts: [ArraySlice<UInt8>]
    ) -> [ArraySlice<UInt8>] {
        var head: [UInt8] = [1, kind.rawValue, tenant == nil ? 0 : 1]
        if let tenant { head.append(littleEndian: UInt64(bitPattern: tenant)) }
        head.append(littleEndian: UInt64(parts.count))
        return [head[...]]
            + parts.flatMap { part in
                var length: [UInt8] = []
                length.append(littleEndian: UInt64(part.count))
                return [length[...], part]
            }
    }

    /// Its name in Redis, as `berth:v1:answer:9f86d081…`.
    package var redisName: [UInt8] {
        var name = Array(CacheKey.prefix.utf8) + Array(kind.name.utf8) + [UInt8(ascii: ":")]
        name.reserveCapacity(name.count + 2 * hash.count)
        for byte in hash {
            name.append(CacheKey.digits[Int(byte >> 4)])
            name.append(CacheKey.digits[Int(byte & 15)])
        }
        return name
    }

    private static let digits = Array("0123456789abcdef".utf8)
}

extension [UInt8] {
    /// Appends an integer, lowest byte first.
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        for index in 0..<(Number.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: number >> Number(index * 8)))
        }
    }

    /// The integer at `offset`, lowest byte first; nil beyond the end.
    func littleEndian<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number? {
        let size = Number.bitWidth / 8
        guard offset >= 0, offset + size <= count else { return nil }
        return (0..<size).reduce(Number(0)) { number, index in
            number | Number(truncatingIfNeeded: self[offset + index]) << Number(index * 8)
        }
    }
}
