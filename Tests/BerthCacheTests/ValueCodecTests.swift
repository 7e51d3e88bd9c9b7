import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@testable import BerthCache

/// The bytes in Redis, and the checks when they are read.
@Suite(.loop, .timeLimit(.minutes(20))) struct ValueCodecTests {
    private static let now = Timestamp(milliseconds: 1_760_000_000_000)

    private static func value(_ bytes: [UInt8]) -> CachedValue {
        CachedValue(bytes: bytes, created: now, expires: now + .seconds(60))
    }

    private static let text = [UInt8](
        String(repeating: "The same words again and again. ", count: 200).utf8
    )

    @Loop @Test(arguments: [0, 1, 1_023, 1_024, 4_096, 1 << 20])
    func `a value of any size comes back`(size: Int) throws {
        let codec = ValueCodec(most: .mebibytes(1))
        var random = SplitMix(state: UInt64(size))
        for bytes in [
            (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) },
            (0..<size).map { UInt8(truncatingIfNeeded: $0 % 7) },
        ] {
            let value = Self.value(bytes)
            let back = try codec.decode(
                try codec.encode(value, for: key(1)),
                for: key(1),
                now: Self.now
            )
            #expect(back == value)
        }
    }

    @Loop @Test func `text above a kibibyte becomes smaller, below it stays as it is`() throws {
        let codec = ValueCodec(most: .mebibytes(1))
        let large = try codec.encode(Self.value(Self.text), for: key(1))
        let small = try codec.encode(Self.value(Array(Self.text.prefix(1_000))), for: key(1))
        #expect(large.count < 200)
        #expect(small.count == 1_040)
    }

    @Loop @Test func `no byte of it can change unseen, and no part be missing`() throws {
        let codec = ValueCodec(most: .mebibytes(1))
        for bytes in [Array(Self.text.prefix(60)), Self.text] {
            let whole = try codec.encode(Self.value(bytes), for: key(1))
            for index in whole.indices {
                var damaged = whole
                damaged[index] ^= 1 << UInt8(index % 8)
                let isRead = (try? codec.decode(damaged, for: key(1), now: Self.now)) != nil
                let isCutRead =
                    (try? codec.decode(Array(whole[..<index]), for: key(1), now: Self.now)) != nil
                #expect(!isRead && !isCutRead, "byte \(index)")
            }
        }
    }

    @Loop @Test func `a value under another key, of another kind or from yesterday is none`()
        throws
    {
        let codec = ValueCodec(most: .mebibytes(1))
        let bytes = try codec.encode(Self.value([1, 2, 3]), for: key(1))
        let cases: [(CacheKey, Timestamp, ValueFault)] = [
            (key(2), Self.now, .damaged), (key(1, .translation), Self.now, .damaged),
            (key(1), Self.now + .seconds(60), .expired),
        ]
        for (key, now, fault) in cases {
            #expect(throws: fault) { try codec.decode(bytes, for: key, now: now) }
        }
    }

    @Loop
    @Test(arguments: [
        "", "BRTH", "GARBAGE", "<html>", "BRTH\u{2}" + String(repeating: "x", count: 100),
    ])
    func `what is not ours is none`(text: String) throws {
        let codec = ValueCodec(most: .mebibytes(1))
        #expect(throws: ValueFault.notOurs) {
            try codec.decode(Array(text.utf8), for: key(1), now: Self.now)
        }
    }

    @Loop @Test func `a stated size beyond the limit is refused before anything is allocated`()
        throws
    {
        let large = ValueCodec(most: .mebibytes(1))
        let small = ValueCodec(most: .kibibytes(2))
        let bytes = try large.encode(Self.value(Self.text), for: key(1))
        #expect(throws: ValueFault.tooLarge) {
            try small.decode(bytes, for: key(1), now: Self.now)
        }
        #expect(throws: CacheError.tooLarge(bytes: 6_400, most: 2_048)) {
            try small.encode(Self.value(Self.text), for: key(1))
        }
    }

    @Loop @Test func `a frame that states another size than the header is damaged`() throws {
        let zstd = try #require(Zstd())
        let frame = try #require(zstd.compress(Self.text))
        let right = zstd.decompress(frame, to: Self.text.count)
        let isOtherRead = zstd.decompress(frame, to: 1 << 30) != nil
        let isCutRead = zstd.decompress(Array(frame.dropLast(3)), to: Self.text.count) != nil
        let isNoFrameRead = zstd.decompress([1, 2, 3], to: 3) != nil
        #expect(right == Self.text)
        #expect(!isOtherRead && !isCutRead && !isNoFrameRead)
    }

    @Test(
        arguments: [
            ("", 0, 0xEF46_DB37_51D8_E999), ("a", 0, 0xD24E_C4F1_A98C_6E5B),
            ("abc", 0, 0x44BC_2CF5_AD77_0999),
        ] as [(String, UInt64, UInt64)]
    )
    func `the checksum is XXH64`(text: String, seed: UInt64, expected: UInt64) {
        #expect(Checksum.of(Array(text.utf8), seed: seed) == expected)
    }
}
