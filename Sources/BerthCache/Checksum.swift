/// XXH64, a fast checksum that finds damage.
///
/// It does not protect against forgery, and nothing else in Redis does.
///
/// Source: <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>.
enum Checksum {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9,
        0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5
    )

    static func of(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
        unsafe bytes.withUnsafeBytes { unsafe of($0, seed: seed) }
    }

    @unsafe private static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var (at, hash) = (0, seed &+ primes.4)
        if bytes.count >= 32 { hash = unsafe stripes(bytes, seed, &at) }
        hash &+= UInt64(bytes.count)
        while at + 8 <= bytes.count {
            hash ^= round(0, unsafe word(bytes, at))
            hash = rotate(hash, 27) &* primes.0 &+ primes.3
            at += 8
        }
        if at + 4 <= bytes.count {
            let half = unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
            hash ^= UInt64(UInt32(littleEndian: half)) &* primes.0
            hash = rotate(hash, 23) &* primes.1 &+ primes.2
            at += 4
        }
        while at < bytes.count {
            hash ^= UInt64(unsafe bytes[at]) &* primes.4
            hash = rotate(hash, 11) &* primes.0
            at += 1
        }
        return avalanche(hash)
    }

    /// Hashes whole pieces of 32 bytes in four lanes.
    @unsafe private static func stripes(
        _ bytes: UnsafeRawBufferPointer,
        _ seed: UInt64,
        _ at: inout Int
    ) -> UInt64 {
        var a = seed &+ primes.0 &+ primes.1
        var b = seed &+ primes.1
        var c = seed
        var d = seed &- primes.0
        while at + 32 <= bytes.count {
            a = round(a, unsafe word(bytes, at))
            b = round(b, unsafe word(bytes, at + 8))
            c = round(c, unsafe word(bytes, at + 16))
            d = round(d, unsafe word(bytes, at + 24))
            at += 32
        }
        var hash = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
        for lane in [a, b, c, d] { hash = (hash ^ round(0, lane)) &* primes.0 &+ primes.3 }
        return hash
    }

    @unsafe private static func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* primes.1, 31) &* primes.0
    }

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value &<< count | value &>> (64 - count)
    }

    private static func avalanche(_ hash: UInt64) -> UInt64 {
        var hash = (hash ^ hash &>> 33) &* primes.1
        hash = (hash ^ hash &>> 29) &* primes.2
        return hash ^ hash &>> 32
    }
}
