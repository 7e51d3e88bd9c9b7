import BerthLoop
import BerthText
import Testing

@Suite struct CBORTests {
    @Test(
        arguments: [
            ("00", .integer(0)), ("17", .integer(23)), ("1818", .integer(24)),
            ("1903e8", .integer(1000)),
            ("1b7fffffffffffffff", .integer(.max)), ("20", .integer(-1)),
            ("390100", .integer(-257)),
            ("3b7fffffffffffffff", .integer(.min)), ("43010203", .bytes([1, 2, 3])),
            ("40", .bytes([])),
            ("6461626364", .text("abcd")), ("62c3bc", .text("ü")), ("80", .array([])),
            ("820120", .array([.integer(1), .integer(-1)])), ("f4", .bool(false)),
            ("f5", .bool(true)),
            ("f6", .null), ("a0", .map([])),
            ("a1616101", .map([CBOR.Pair(key: .text("a"), value: .integer(1))])),
        ] as [(String, CBOR)]
    )
    func `a value is read`(hex: String, value: CBOR) throws {
        #expect(CBOR(try #require([UInt8](hex: hex))) == value)
    }

    @Test(arguments: [
        "", "18", "1900", "1b8000000000000000", "3b8000000000000000", "1bffffffffffffffff",
        "1c", "1f", "41", "5bffffffffffffffff00", "5f4101ff", "62c3", "61ff", "81", "9f01ff",
        "9bffffffffffffffff", "a1", "a101", "bfff", "a201010102", "a1f501", "a14101f6", "a1800a",
        "c001", "f7", "f93c00", "fb0000000000000000", "ff", "0001", "8181818181" + "00",
        "7841" + String(repeating: "61", count: 65),
        "9841" + String(repeating: "00", count: 65), "9840" + String(repeating: "00", count: 64),
    ])
    func `a text that is malformed, too deep or too long is none`(hex: String) throws {
        #expect(CBOR(try #require([UInt8](hex: hex))) == nil)
    }

    @Test func `the most values and levels are read`() {
        #expect(CBOR([0x98, 63] + [UInt8](repeating: 0, count: 63)) != nil)
        #expect(CBOR([0x81, 0x81, 0x81, 0x81, 0x00]) != nil)
    }

    @Test func `a value before other bytes is read with its length`() {
        let found = CBOR.first(of: [0x82, 0x01, 0x20, 0xFF])
        #expect(found?.value == .array([.integer(1), .integer(-1)]) && found?.length == 3)
    }

    @Test func `random bytes are read or refused`() {
        var random = SeededGenerator(seed: 45)
        for _ in 0..<50_000 {
            let count = Int.random(in: 0...40, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            if let (_, length) = CBOR.first(of: bytes) { #expect((1...count).contains(length)) }
        }
    }
}
