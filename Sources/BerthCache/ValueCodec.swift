package import BerthLoop
package import BerthMemory

/// The format of a value in Redis, which is a header of 40 bytes and then the value or a zstd frame
/// of it.
///
/// | bytes | content |
/// |---|---|
/// | 0..<4 | `BRTH` |
/// | 4 | version, 1 |
/// | 5 | kind |
/// | 6 | codec, 0 for none and 1 for zstd |
/// | 7 | 0 |
/// | 8..<16 | time made, UTC milliseconds |
/// | 16..<24 | time of expiry, UTC milliseconds |
/// | 24..<32 | size of the value |
/// | 32..<40 | XXH64 of the rest, seeded with the key's, so a value under another key is invalid |
///
/// Numbers are little-endian.
@Loop package final class ValueCodec {
    private let most: ByteCount
    private let zstd: Zstd?

    /// The size from which values are compressed.
    ///
    /// For smaller ones a frame would save less than a packet.
    package nonisolated static let compressedFrom = ByteCount.kibibytes(1)

    private nonisolated static let magic = Array("BRTH".utf8)
    private nonisolated static let version: UInt8 = 1
    private nonisolated static let headerSize = 40

    /// Makes a codec for values of at most `most` bytes.
    ///
    /// Without memory for zstd it stores values uncompressed and reads no compressed ones.
    package init(most: ByteCount) {
        self.most = most
        zstd = Zstd()
    }

    /// Encodes a value for Redis.
    ///
    /// - Throws: ``CacheError/tooLarge(bytes:most:)``.
    package func encode(_ value: CachedValue, for key: CacheKey) throws(CacheError) -> [UInt8] {
        let size = value.bytes.count
        guard size <= most.bytes else { throw .tooLarge(bytes: size, most: most.bytes) }
        let isLarge = size >= ValueCodec.compressedFrom.bytes
        let frame = isLarge ? zstd?.compress(value.bytes) : nil
        let content = frame ?? value.bytes
        var bytes = ValueCodec.magic
        bytes.reserveCapacity(ValueCodec.headerSize + content.count)
        bytes += [ValueCodec.version, key.kind.rawValue, frame == nil ? 0 : 1, 0]
        bytes.append(littleEndian: value.created.milliseconds)
        bytes.append(littleEndian: value.expires.milliseconds)
        bytes.append(littleEndian: UInt64(size))
        let checksum = ValueCodec.checksum(header: bytes, content: content, key)
        bytes.append(littleEndian: checksum)
        return bytes + content
    }

    /// Decodes the value of `key` from `bytes`, and checks it before it allocates memory.
    ///
    /// - Throws: ``ValueFault``.
    package func decode(
        _ bytes: [UInt8],
        for key: CacheKey,
        now: Timestamp
    ) throws(ValueFault) -> CachedValue {
        let header = try ValueHeader(bytes)
        guard header.size <= UInt64(most.bytes) else { throw .tooLarge }
        let content = Array(bytes[ValueCodec.headerSize...])
        let checksum = ValueCodec.checksum(header: Array(bytes[..<32]), content: content, key)
        guard checksum == header.checksum, bytes[5] == key.kind.rawValue else { throw .damaged }
        guard header.expires > now else { throw .expired }
        let value = header.codec == 0 ? content : zstd?.decompress(content, to: Int(header.size))
        guard let value, value.count == Int(header.size) else { throw .damaged }
        // A writer whose clock is ahead does not prolong the value's life.
        let ahead = max(0, header.created.milliseconds.subtractingSaturating(now.milliseconds))
        let expires = header.expires.milliseconds.subtractingSaturating(ahead)
        guard expires > now.milliseconds else { throw .expired }
        return CachedValue(
            bytes: value,
            created: header.created,
            expires: Timestamp(milliseconds: expires)
        )
    }

    /// The memory that decoding `bytes` takes: the bytes, their content and the stated size of the
    /// value.
    func cost(of bytes: [UInt8]) -> ByteCount {
        let stated = bytes.littleEndian(at: 24, as: UInt64.self) ?? 0
        return ByteCount(2 * bytes.count + Int(min(stated, UInt64(most.bytes))))
    }

    private struct ValueHeader {
        let codec: UInt8
        let created: Timestamp
        let expires: Timestamp
        let size: UInt64
        let checksum: UInt64

        init(_ bytes: [UInt8]) throws(ValueFault) {
            guard bytes.starts(with: ValueCodec.magic),
                let created = bytes.littleEndian(at: 8, as: Int64.self),
                let expires = bytes.littleEndian(at: 16, as: Int64.self),
                let size = bytes.littleEndian(at: 24, as: UInt64.self),
                let checksum = bytes.littleEndian(at: 32, as: UInt64.self),
                bytes[4] == ValueCodec.version, bytes[6] <= 1
            else { throw .notOurs }
            codec = bytes[6]
            self.created = Timestamp(milliseconds: created)
            self.expires = Timestamp(milliseconds: expires)
            self.size = size
            self.checksum = checksum
        }
    }

    private nonisolated static func checksum(
        header: [UInt8],
        content: [UInt8],
        _ key: CacheKey
    ) -> UInt64 {
        let keyed = Checksum.of(key.hash, seed: UInt64(key.kind.rawValue))
        return Checksum.of(content, seed: Checksum.of(header, seed: keyed))
    }
}

extension Int64 {
    /// The difference, clamped to what 64 bits hold.
    fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
