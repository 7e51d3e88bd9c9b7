/// The name of an entry, made of its kind and the hash of everything that its value depends on.
package struct CacheKey: Hashable, Sendable {
    /// The kind of the value.
    package let kind: CacheKind
    /// The 16 to 64 bytes of a cryptographic hash.
    package let hash: [UInt8]
    /// The number of the tenant to whom alone the value is given, or nil if it is unknown or any.
    ///
    /// It is part of the hash, so it is not compared.
    package private(set) var owner: Int64?

    /// The prefix of every key in Redis.
    ///
    /// Its number changes with the format of the values.
    package static let prefix = "berth:v1:"

    /// Makes a key from a hash of 16 to 64 bytes.
    ///
    /// Any other size is a programming error and traps.
    package init(_ kind: CacheKind, hash: [UInt8]) {
        precondition((16...64).contains(hash.count), "a cache key of \(hash.count) bytes")
        self.kind = kind
        self.hash = hash
    }

    /// Hashes a part of the hash, which is as good as random already.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(hash.prefix(8).reduce(UInt64(kind.rawValue)) { $0 << 8 ^ UInt64($1) })
    }

    /// The key of a value that any tenant may receive.
    ///
    /// - Parameters:
    ///   - kind: the kind of the value.
    ///   - parts: everything that the value depends on, in a fixed order, such as model, parameters
    ///     and messages.
    ///   - hash: a cryptographic hash, such as SHA-256, of consecutive pieces. A part may be a
    ///     large picture, so the pieces are not joined.
    /// - Returns: a key that is the same for every tenant.
    package static func shared(
        _ kind: CacheKind,
        parts: [ArraySlice<UInt8>],
        hash: ([ArraySlice<UInt8>]) -> [UInt8]
    ) -> CacheKey { CacheKey(kind, hash: hash(encoded(kind, tenant: nil, parts))) }

    /// The key of a value that only `tenant` may receive.
    ///
    /// - Parameters:
    ///   - kind: the kind of the value.
    ///   - tenant: the number of the tenant's row. A name could belong to another tenant later.
    ///   - parts: everything else that the value depends on, in a fixed order.
    ///   - hash: a cryptographic hash, such as SHA-256, of consecutive pieces. A part may be a
    ///     large picture, so the pieces are not joined.
    /// - Returns: a key that differs for every tenant and from every shared key.
    package static func salted(
        _ kind: CacheKind,
        tenant: Int64,
        parts: [ArraySlice<UInt8>],
        hash: ([ArraySlice<UInt8>]) -> [UInt8]
    ) -> CacheKey {
        var key = CacheKey(kind, hash: hash(encoded(kind, tenant: tenant, parts)))
        key.owner = tenant
        return key
    }

    package static func == (first: CacheKey, second: CacheKey) -> Bool {
        first.kind == second.kind && first.hash == second.hash
    }

    /// Encodes the kind, the scope and the parts, each part after its length.
    ///
    /// Two different lists therefore never have the same bytes.
    static func encoded(
        _ kind: CacheKind,
        tenant: Int64?,
        _ parts: [ArraySlice<UInt8>]
    ) -> [ArraySlice<UInt8>] {
        var head: [UInt8] = []
        head.reserveCapacity(CacheKey.mostCopied)
        head += [1, kind.rawValue, tenant == nil ? 0 : 1]
        if let tenant { head.append(littleEndian: UInt64(bitPattern: tenant)) }
        head.append(littleEndian: UInt64(parts.count))
        // Small parts are copied into one piece, which costs less than a piece for each.
        var pieces: [ArraySlice<UInt8>] = []
        for part in parts {
            head.append(littleEndian: UInt64(part.count))
            if part.count <= CacheKey.mostCopied {
                head += part
            } else {
                pieces += [head[...], part]
                head = []
            }
        }
        return pieces + [head[...]]
    }

    private static let mostCopied = 1_024

    /// The name in Redis, such as `berth:v1:answer:9f86d081…`.
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
