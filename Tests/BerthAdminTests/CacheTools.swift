import BerthCache
import BerthLoop
import BerthTestKit

/// A name whose hash is 16 times `number`.
func cacheKey(_ number: UInt8, _ kind: CacheKind = .answer) -> CacheKey {
    CacheKey(kind, hash: [UInt8](repeating: number, count: 16))
}

/// Stores values 0..<`count`, and asks once for each except 0.
@Loop func fill(_ cache: ResponseCache, _ count: UInt8) async {
    for number in 0..<count {
        cache.store([number], for: cacheKey(number))
        if number > 0 { _ = await cache.lookup(cacheKey(number)) }
    }
}

extension RedisClient {
    /// Waits until Redis can be used.
    @Loop func untilUp() async throws { try await until { self.fault == nil } }

    /// Waits until Redis is known to have failed.
    @Loop func untilAway() async throws { try await until { self.fault != nil } }

    private func until(_ holds: @Loop () -> Bool) async throws {
        let news = Mailbox<Bool>()
        onChange = { news.put($0 == nil) }
        defer { onChange = nil }
        while !holds() { _ = try await news.next("a change of Redis") }
    }
}
