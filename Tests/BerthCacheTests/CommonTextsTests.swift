import BerthCache
import BerthLoop
import Testing

/// The texts that several tenants have sent.
struct CommonTextsTests {
    private static let start = Timestamp(milliseconds: 1_764_000_000_000)

    private static func hash(_ number: Int) -> [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 4))) }
    }

    private func time(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: Self.start.milliseconds + 1_000 * seconds)
    }

    @Test func `each tenant counts once for a text`() {
        var texts = CommonTexts()
        let counts = [7, 7, 8, 7, 9].map { texts.note(Self.hash(1), by: $0, at: time(0)) }
        #expect(counts == [1, 1, 2, 2, 3])
        #expect(texts.note(Self.hash(2), by: 7, at: time(0)) == 1)
    }

    @Test func `a tenant that is removed no longer counts`() {
        var texts = CommonTexts()
        for tenant: Int64 in [1, 2] { _ = texts.note(Self.hash(1), by: tenant, at: time(0)) }
        _ = texts.note(Self.hash(2), by: 1, at: time(0))
        texts.forget(1)
        #expect(texts.count == 1)
        #expect(texts.note(Self.hash(1), by: 3, at: time(0)) == 2)
    }

    @Test func `one tenant's many texts do not push out what several have sent`() {
        var texts = CommonTexts(most: 8)
        for tenant: Int64 in [1, 2] { _ = texts.note(Self.hash(0), by: tenant, at: time(0)) }
        for number in 1...1_000 {
            _ = texts.note(Self.hash(number), by: 9, at: time(Int64(number)))
            #expect(texts.count <= 16)
        }
        #expect(texts.note(Self.hash(0), by: 3, at: time(2_000)) == 3)
    }

    @Test func `they are read again as they were written`() throws {
        var texts = CommonTexts(most: 4)
        for number in 1...8 {
            for tenant in 0..<Int64(number) {
                _ = texts.note(Self.hash(number), by: tenant, at: time(Int64(number)))
            }
        }
        var read = try #require(CommonTexts(serialized: texts.serialized, most: 4))
        #expect(read.count == 4 && read.serialized == texts.serialized)
        #expect(read.note(Self.hash(8), by: 99, at: time(9)) == 9)
        #expect(read.note(Self.hash(1), by: 99, at: time(9)) == 1)
    }

    @Test func `damaged bytes are nothing`() {
        var texts = CommonTexts()
        for tenant: Int64 in 1...3 { _ = texts.note(Self.hash(1), by: tenant, at: time(0)) }
        let bytes = texts.serialized
        for end in bytes.indices { #expect(CommonTexts(serialized: Array(bytes[..<end])) == nil) }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(CommonTexts(serialized: damaged) == nil)
        }
        #expect(CommonTexts(serialized: bytes)?.count == 1)
    }
}
