import BerthAdmin
import BerthCache
import BerthConfig
import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthTestKit
import Testing

/// The cache's hot set across restarts.
@Suite(.loop, .timeLimit(.minutes(20))) struct CacheKeeperTests {
    @Loop @Test func `after a restart the hottest come from Redis once it answers`() async throws {
        let files = try TemporaryFolder()
        let server = try await RedisServer.start(in: files)
        let clock = ManualClock()
        let store = try await Database.open(in: DataFolder(path: files.path), log: .silent)

        let before = try Run(store, server, clock)
        let up = Mailbox<Bool>()
        before.redis.onChange = { up.put($0 == nil) }
        before.start(before.redis)
        #expect(try await up.next("Redis"))
        before.start(before.keeper)
        await fill(before.cache, 10)
        for _ in 0..<3 { _ = await before.cache.lookup(cacheKey(7)) }
        _ = try await before.redis.memory()  // answered after the stores
        await before.end()

        let after = try Run(store, server, clock)
        await after.keeper.load()
        let (names, hottest) = (
            after.cache.hot.count, after.cache.hot.hottest(1, at: clock.timestamp)
        )
        #expect(names == 9 && hottest == [cacheKey(7)])
        after.start(after.keeper)
        after.start(after.redis)
        let line = try await after.heard("cache warmed from redis")
        #expect(line.hasSuffix("values=9 names=9"))
        let hit = await after.cache.lookup(cacheKey(7))
        #expect(hit == [7] && after.cache.statistics.memory.hits == 1)
        await after.end()
        await store.close()
    }

    @Loop @Test func `what is damaged is one warning and an empty set`() async throws {
        let files = try TemporaryFolder()
        let store = try await Database.open(in: DataFolder(path: files.path), log: .silent)
        try await store.keep(Array("berth hot 1\nnonsense".utf8), as: .hotSet)
        let run = try Run(store, nil, ManualClock())
        await run.keeper.load()
        let line = try await run.heard("damaged")
        #expect(line.contains("set=hot_set"))
        let (names, lines) = (run.cache.hot.count, run.lines)
        #expect(names == 0 && lines == [line] && line.contains(" warning "))
        await store.close()
        await run.keeper.load()
        #expect(try await run.heard("cannot be read").contains(" warning "))
    }

    @Loop @Test
    func `a system text that was common is common after a restart, less who was removed`()
        async throws
    {
        let files = try TemporaryFolder()
        let store = try await Database.open(in: DataFolder(path: files.path), log: .silent)
        let text = [UInt8](repeating: 7, count: 32)
        var tenants: [Tenant.ID] = []
        for name in ["ann", "bob", "cid", "dee"] {
            tenants.append(try await store.addTenant(named: name, at: ManualClock().timestamp).id)
        }
        let clock = HeardClock()
        let before = try Run(store, nil, clock)
        before.start(before.keeper)
        _ = try await clock.heard.next("the first timer")
        _ = await before.cache.lookup(cacheKey(1))
        for tenant in tenants[..<3] { _ = before.cache.noteCommon(text, by: tenant.value) }
        await before.end()
        // The process was killed before it wrote the set again.
        _ = try await store.removeTenant(tenants[0])

        let after = try Run(store, nil, ManualClock())
        await after.keeper.load()
        let count = after.cache.noteCommon(text, by: tenants[3].value)
        #expect(count == 3)
        after.cache.forget(tenants[1].value)
        let left = after.cache.noteCommon(text, by: tenants[3].value)
        #expect(left == 2)
        await store.close()
    }

    @Loop @Test func `it is written every five minutes in which something was asked`()
        async throws
    {
        let files = try TemporaryFolder()
        let store = try await Database.open(in: DataFolder(path: files.path), log: .silent)
        let clock = HeardClock()
        let run = try Run(store, nil, clock)
        run.start(run.keeper)
        _ = try await clock.heard.next("the first timer")
        await fill(run.cache, 3)
        clock.inner.advance(by: CacheKeeper.interval)
        _ = try await clock.heard.next("the second timer")
        let first = try await kept(in: store)
        #expect(HotSet(serialized: first ?? [])?.count == 2)

        try await store.keep([1], as: .hotSet)
        clock.inner.advance(by: CacheKeeper.interval)
        _ = try await clock.heard.next("the third timer")
        #expect(try await kept(in: store) == [1])  // nobody asked meanwhile

        _ = await run.cache.lookup(cacheKey(9))
        await run.end()
        let last = try await kept(in: store)
        #expect(HotSet(serialized: last ?? [])?.count == 3)
        await store.close()
    }

    @Loop private func kept(in store: any Store) async throws -> [UInt8]? {
        try await store.kept(.hotSet)
    }
}

/// The cache of one run of a service.
@Loop private final class Run {
    let cache: ResponseCache
    let redis: RedisClient
    let keeper: CacheKeeper
    private(set) var lines: [String] = []
    private let news: Mailbox<String>
    private let stop = Stop()
    private let pool = TaskPool()

    /// Makes a run, whose cache is in the process alone if `server` is nil.
    init(_ store: any Store, _ server: RedisServer?, _ clock: any Clock) throws {
        let news = Mailbox<String>()
        let log = Log(level: .info) { line in EventLoop.shared.post { news.put(line) } }
        let address = RedisAddress.unix(path: server?.path ?? "/nowhere")
        redis = RedisClient(address: address, limits: .patient, in: .quiet(log: log))
        let limit = ByteCount.mebibytes(1)
        let account = MemoryBudget(limit: limit).account(for: "(cache)", quota: limit)
        cache = ResponseCache(
            memory: try MemoryCache(limit: limit, account: account, in: .quiet(clock)),
            redis: server == nil ? nil : redis,
            transit: MemoryBudget(limit: limit).sharedAccount("redis", quota: limit),
            lifetimes: Lifetimes(base: .seconds(3_600)),
            in: .quiet(clock)
        )
        keeper = CacheKeeper(
            cache: cache,
            redis: server == nil ? nil : redis,
            store: store,
            in: .quiet(clock, log: log)
        )
        self.news = news
    }

    func start(_ service: any Service) {
        pool.spawn { [stop] in try? await service.run(until: stop) }
    }

    /// Waits for the next log line with these words.
    func heard(_ words: String) async throws -> String {
        while true {
            let line = try await news.next("the line '\(words)'")
            lines.append(line)
            if line.contains(words) { return line }
        }
    }

    func end() async {
        stop.request()
        await pool.drain()
    }
}

/// A clock that does not move, and that reports each new timer.
@Loop private final class HeardClock: Clock {
    let inner = ManualClock()
    let heard = Mailbox<Duration>()

    nonisolated var now: Instant { inner.now }
    nonisolated var timestamp: Timestamp { inner.timestamp }

    @discardableResult
    func schedule(after delay: Duration, _ action: @escaping @Loop () -> Void) -> Timer {
        heard.put(delay)
        return inner.schedule(after: delay, action)
    }
}
