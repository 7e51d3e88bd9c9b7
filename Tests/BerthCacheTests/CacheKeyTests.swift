import Testing

@testable import BerthCache

/// The keys, which decide the tenants that may receive a value.
@Suite struct CacheKeyTests {
    private func encoded(_ parts: [String], tenant: Int64? = nil) -> [UInt8] {
        Array(CacheKey.encoded(.answer, tenant: tenant, parts.map { Array($0.utf8)[...] }).joined())
    }

    @Test(
        arguments: [
            (["ab", "c"], ["a", "bc"]), (["a"], ["a", ""]), ([], [""]), (["", "a"], ["a", ""]),
            (["a\u{0}b"], ["a", "b"]),
        ] as [([String], [String])]
    )
    func `lists that differ only in where a part ends have different keys`(
        one: [String],
        other: [String]
    ) {
        #expect(encoded(one) != encoded(other))
    }

    @Test func `two tenants, and a tenant and everybody, never share a key`() {
        let all = [nil, 0, 1, 2, -1].map { encoded(["a"], tenant: $0) }
        #expect(Set(all).count == all.count)
        // The number of a tenant as a part is not a salt.
        #expect(encoded(["a"], tenant: 1) != encoded(["\u{1}\0\0\0\0\0\0\0", "a"]))
    }

    @Test func `the hash is made of everything, and named in Redis by kind`() {
        let hash = { (pieces: [ArraySlice<UInt8>]) in
            [UInt8](repeating: UInt8(pieces.joined().count), count: 16)
        }
        let shared = CacheKey.shared(.answer, parts: [[1], [2, 3]], hash: hash)
        let salted = CacheKey.salted(.translation, tenant: 7, parts: [[1], [2, 3]], hash: hash)
        let name = "berth:v1:answer:" + String(repeating: "1e", count: 16)
        #expect(String(decoding: shared.redisName, as: UTF8.self) == name)
        #expect(
            String(decoding: salted.redisName, as: UTF8.self).hasPrefix("berth:v1:translation:26")
        )
    }
}
