import BerthCache
import BerthConfig
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// The cache with both levels.
@Suite(.loop, .timeLimit(.minutes(20))) struct ResponseCacheTests {
    @Loop private func cache(_ redis: RedisClient?, clock: any Clock) throws -> ResponseCache {
        ResponseCache(
            memory: try MemoryCache(limit: .mebibytes(1), account: account(), in: .quiet(clock)),
            redis: redis,
            transit: account(),
            lifetimes: Lifetimes(base: .seconds(3_600), jitter: 0),
            in: .quiet(clock)
        )
    }

    @Loop @Test func `without Redis the process's own level is all there is`() async throws {
        let clock = ManualClock()
        let cache = try cache(nil, clock: clock)
        let before = await cache.lookup(key(1))
        let lifetime = cache.store([1, 2], for: key(1))
        clock.advance(by: .seconds(60))
        let after = await cache.lookup(key(1))
        clock.advance(by: .seconds(3_600))
        let late = await cache.lookup(key(1))
        let counts = cache.statistics
        #expect(before == nil && late == nil)
        #expect(lifetime == .seconds(3_600))
        #expect(after == [1, 2])
        #expect(counts.memory.hits == 1 && counts.misses == 2 && counts.stores == 1)
        #expect(counts.kinds[.answer]?.hits == 1 && counts.kinds[.answer]?.misses == 2)
    }

    @Loop @Test func `another process finds in Redis what this one has stored`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let text = bytes(String(repeating: "a long answer ", count: 1_000))
        try cache(redis.client, clock: SystemClock()).store(text, for: key(1))
        let other = try cache(redis.client, clock: SystemClock())
        let first = await other.lookup(key(1))
        let fromRedis = other.statistics.redisHits
        let second = await other.lookup(key(1))
        let wrong = await other.lookup(key(2))
        let counts = other.statistics
        #expect(first == text && fromRedis == 1)
        #expect(second == text)
        #expect(wrong == nil)
        #expect(counts.redisHits == 1 && counts.memory.hits == 1 && counts.misses == 1)
        #expect(counts.hasRedis && counts.redisFault == nil)
        await redis.end()
    }

    @Loop @Test func `garbage and another key's value in Redis are misses, and counted`()
        async throws
    {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let cache = try cache(redis.client, clock: SystemClock())
        cache.store([1, 2, 3], for: key(1))
        let stored = try #require(try await redis.client.get(key(1).redisName))
        let hour = Duration.seconds(3_600)
        try await redis.client.setEX(key(2).redisName, stored, lifetime: hour)
        try await redis.client.setEX(key(3).redisName, bytes("<html>"), lifetime: hour)
        _ = try await server.ask("LPUSH \(String(decoding: key(4).redisName, as: UTF8.self)) x")
        _ = try await server.ask(
            "SETRANGE \(String(decoding: key(5).redisName, as: UTF8.self)) 9000000 x"
        )
        for number in 2...5 {
            let found = await cache.lookup(key(number))
            #expect(found == nil, "key \(number)")
        }
        let counts = cache.statistics
        #expect(counts.badValues == [.damaged: 1, .notOurs: 2])
        #expect(counts.redisFailures == 1)
        #expect(counts.redisFault == nil)
        await redis.end()
    }

    @Loop @Test func `a Redis that goes and comes never fails a lookup`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let cache = try cache(redis.client, clock: SystemClock())
        cache.store([1], for: key(1))
        try await server.kill()
        let here = await cache.lookup(key(1))
        let absent = await cache.lookup(key(2))
        cache.store([2], for: key(2))
        let stored = await cache.lookup(key(2))
        let failures = cache.statistics.redisFailures
        _ = try await redis.untilAway()
        let again = try await RedisServer.start(in: folder)
        try await redis.untilUp()
        cache.store([3], for: key(3))
        let value = try await redis.client.get(key(3).redisName)
        #expect(here == [1] && stored == [2])
        #expect(absent == nil)
        #expect(failures >= 1)
        #expect(value != nil)
        #expect(again.path == server.path)
        await redis.end()
    }

    @Loop @Test func `after a restart the hottest are warmed from Redis`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let clock = SystemClock()
        let before = try cache(redis.client, clock: clock)
        for number in 0..<20 {
            before.store([UInt8(number)], for: key(number))
            for _ in 0..<number { _ = await before.lookup(key(number)) }
        }
        let saved = before.hot.serialized(at: clock.timestamp)
        let after = try cache(redis.client, clock: clock)
        after.hot = try #require(HotSet(serialized: saved))
        let warmed = await after.warm(5)
        var redisHits: [Int] = []
        for number in [19, 15, 14] {
            #expect(await after.lookup(key(number)) == [UInt8(number)])
            redisHits.append(after.statistics.redisHits)
        }
        #expect(warmed == 5)
        #expect(redisHits == [0, 0, 1])
        await redis.end()
    }

    @Loop @Test func `warming drives nothing out, and brings nothing that is there`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let cache = try cache(redis.client, clock: SystemClock())
        let value = [UInt8](repeating: 1, count: 100_000)
        for number in 0..<20 {
            cache.store(value, for: key(number))
            _ = await cache.lookup(key(number))
        }
        cache.keep(part: 0.2)
        cache.keep(part: 1)
        let before = cache.statistics.memory
        let warmed = await cache.warm(20)
        let after = cache.statistics.memory
        #expect(before.entries == 2)
        #expect(warmed == 6)  // eight such values fill three quarters of a mebibyte
        #expect(after.entries == 8 && after.evictions == before.evictions)
        #expect(await cache.warm(20) == 0)
        await redis.end()
    }

    @Loop @Test func `a flush empties both levels`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let cache = try cache(redis.client, clock: SystemClock())
        for number in 0..<7 { cache.store([1], for: key(number)) }
        let flushed = await cache.flush()
        let found = await cache.lookup(key(1))
        #expect(flushed.entries == 7 && flushed.keys == 7 && flushed.failure == nil)
        #expect(found == nil)
        await redis.end()
    }

    @Loop @Test func `a value too large for Redis is kept in the process alone`() async throws {
        let folder = try TemporaryFolder()
        let server = try await RedisServer.start(in: folder)
        var limits = RunningRedis.limits
        limits.value = .kibibytes(64)
        let redis = RunningRedis(server, limits: limits)
        try await redis.untilUp()
        let cache = try cache(redis.client, clock: SystemClock())
        let large = [UInt8](repeating: 1, count: 100_000)
        cache.store(large, for: key(1))
        let found = await cache.lookup(key(1))
        let keys = try await server.ask("DBSIZE")
        let failures = cache.statistics.redisFailures
        #expect(found == large)
        #expect(keys == ":0")
        #expect(failures == 1)
        await redis.end()
    }

    @Loop @Test func `with the configuration that is shipped a full server drops, not refuses`()
        async throws
    {
        let folder = try TemporaryFolder()
        let root = #filePath.prefix(#filePath.count - "/Tests/BerthCacheTests/.swift".count - 18)
        let server = try await RedisServer.start(
            in: folder,
            configuration: "\(root)/ops/redis/berth-cache.conf"
        )
        let redis = RunningRedis(server)
        try await redis.untilUp()
        let before = try await redis.client.memory()
        _ = try await server.ask("CONFIG SET maxmemory 4mb")
        let value = [UInt8](repeating: 1, count: 10_000)
        for number in 0..<1_000 {
            try await redis.client.setEX(key(number).redisName, value, lifetime: .seconds(3_600))
        }
        let after = try await redis.client.memory()
        #expect(before.policy == "allkeys-lfu" && before.most == .mebibytes(64))
        #expect(after.used <= .mebibytes(4) + .kibibytes(64))
        await redis.end()
    }

    @Loop @Test func `what is asked again is kept longer, a list that changes shorter`()
        async throws
    {
        let clock = ManualClock()
        let cache = try cache(nil, clock: clock)
        for _ in 0..<4 { _ = await cache.lookup(key(1)) }
        let wanted = cache.store([1], for: key(1))
        _ = await cache.lookup(key(2, .modelList))
        let lifetimes = [[1], [2], [3], [3], [3]].map { cache.store($0, for: key(2, .modelList)) }
        let short = cache.store([1], for: key(3), base: .seconds(60))
        #expect(wanted == .seconds(4 * 3_600))
        #expect(lifetimes.map(\.seconds) == [3_600, 1_800, 900, 1_800, 3_600])
        #expect(short == .seconds(60))
    }
}
