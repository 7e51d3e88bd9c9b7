package import BerthLoop
package import BerthMemory

/// A value from the cache.
package struct CacheHit: Equatable, Sendable {
    /// Which level had it.
    package enum Level: String, Sendable {
        case memory
        case redis
    }

    /// The value.
    package let value: [UInt8]
    /// Where it was.
    package let level: Level
    /// Since it was made; 0 or more.
    package let age: Duration
}

/// Both levels together: this process's memory, then Redis, where there is one.
///
/// Nothing here fails: what Redis does wrong is a miss, and counted.
@Loop package final class ResponseCache {
    /// What is asked for most; for the caller to keep over a restart.
    package var hot: HotSet
    private let memory: MemoryCache
    private let redis: RedisClient?
    private let transit: MemoryAccount
    private let lifetimes: Lifetimes
    private let clock: any Clock
    private let random: @Loop () -> Double
    private var counts = CacheStatistics()
    /// Made with the first value for Redis; leaves room for the header, so that what is encoded is
    /// also read back.
    private lazy var codec: ValueCodec = {
        let most = (redis?.limits ?? RedisLimits()).value - .kibibytes(1)
        return ValueCodec(most: max(.zero, most))
    }()

    /// Puts the levels together.
    ///
    /// - Parameters:
    ///   - memory: the first level.
    ///   - redis: run by the caller (``RedisClient/run(until:)``); nil: this process alone.
    ///   - transit: whose memory values are that are on their way to Redis or back.
    ///   - lifetimes: from `cache.ttl`.
    ///   - hot: what was wanted before the restart.
    ///   - clock: for ages and ends.
    ///   - random: 0..<1, for jitter.
    package init(
        memory: MemoryCache,
        redis: RedisClient?,
        transit: MemoryAccount,
        lifetimes: Lifetimes,
        hot: HotSet = HotSet(),
        clock: any Clock,
        random: @escaping @Loop () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.memory = memory
        self.redis = redis
        self.transit = transit
        self.lifetimes = lifetimes
        self.hot = hot
        self.clock = clock
        self.random = random
    }

    /// Counts so far.
    package var statistics: CacheStatistics {
        var now = counts
        now.memory = memory.statistics
        now.hasRedis = redis != nil
        now.redisFault = redis?.fault
        now.hotNames = hot.count
        return now
    }

    /// The value of `key`, from memory at once, else from Redis within its command's deadline.
    package func lookup(_ key: CacheKey) async -> CacheHit? {
        hot.touch(key, at: clock.timestamp)
        if let value = memory.get(key) { return hit(value, .memory, key) }
        if let value = await fromRedis(key) {
            counts.redisHits += 1
            return hit(value, .redis, key)
        }
        counts.misses += 1
        counts.kinds[key.kind, default: .init()].misses += 1
        return nil
    }

    /// Keeps `value` in both levels; Redis is not waited for.
    ///
    /// - Parameters:
    ///   - value: kept in Redis only up to its limit, in memory up to that of the cache.
    ///   - key: its name.
    ///   - base: the lifetime to adapt, where it is not `cache.ttl`.
    /// - Returns: for how long it is kept.
    @discardableResult
    package func store(
        _ value: [UInt8],
        for key: CacheKey,
        base: Duration? = nil
    ) -> Duration {
        let now = clock.timestamp
        let changes =
            key.kind.isSampled ? 0 : hot.note(value: Checksum.of(value) | 1, of: key)
        let lifetimes = base.map { Lifetimes(base: $0, jitter: self.lifetimes.jitter) }
        let lifetime = (lifetimes ?? self.lifetimes).lifetime(
            asked: hot.weight(of: key, at: now),
            changes: changes,
            random: random()
        )
        let kept = CachedValue(bytes: value, created: now, expires: now + lifetime)
        counts.stores += 1
        memory.set(key, kept)
        toRedis(kept, key, lifetime)
        return lifetime
    }

    /// Removes our keys from Redis, then empties this process's level, which is done in any case.
    ///
    /// Redis goes first: else a lookup meanwhile would bring a value back from there.
    package func flush() async -> CacheFlush {
        var flushed = CacheFlush()
        do throws(CacheError) { flushed.keys = try await redis?.flush() ?? 0 } catch {
            flushed.failure = error
        }
        flushed.entries = memory.statistics.entries
        memory.removeAll()
        return flushed
    }

    /// Brings the hottest values that this process lacks from Redis, the hottest first, one after
    /// the other.
    ///
    /// It ends early where three quarters of the memory are in use, or Redis is away.
    ///
    /// - Parameter most: of the hottest names, so many are looked at.
    /// - Returns: how many came; 0 without Redis.
    package func warm(_ most: Int) async -> Int {
        guard let redis else { return 0 }
        var found = 0
        for key in hot.hottest(most, at: clock.timestamp) where !memory.contains(key) {
            guard memory.hasRoom, redis.fault == nil, !Task.isCancelled else { break }
            if await fromRedis(key) != nil { found += 1 }
        }
        return found
    }

    /// What Redis says of its memory; nil: there is none, or it does not answer.
    package func redisMemory() async -> RedisMemory? { try? await redis?.memory() }

    /// Gives memory back, or takes it again; see ``MemoryCache/keep(part:)``.
    package func keep(part: Double) { memory.keep(part: part) }

    // MARK: The levels

    private func hit(_ value: CachedValue, _ level: CacheHit.Level, _ key: CacheKey) -> CacheHit {
        counts.kinds[key.kind, default: .init()].hits += 1
        let age = max(.zero, clock.timestamp - value.created)
        return CacheHit(value: value.bytes, level: level, age: age)
    }

    /// The value that Redis has, kept in memory too.
    private func fromRedis(_ key: CacheKey) async -> CachedValue? {
        guard let redis else { return nil }
        let bytes: [UInt8]?
        do throws(CacheError) { bytes = try await redis.get(key.redisName) } catch {
            counts.redisFailures += 1
            return nil
        }
        guard let bytes, let lease = try? transit.lease(codec.cost(of: bytes), for: .compression)
        else { return nil }
        defer { withExtendedLifetime(lease) {} }
        do throws(ValueFault) {
            let value = try codec.decode(bytes, for: key, now: clock.timestamp)
            memory.set(key, value)
            return value
        } catch {
            counts.badValues[error, default: 0] += 1
            return nil
        }
    }

    private func toRedis(_ value: CachedValue, _ key: CacheKey, _ lifetime: Duration) {
        guard let redis else { return }
        // The value, its frame, and the two put together.
        let cost = ByteCount(3 * value.bytes.count + 1024)
        guard redis.fault == nil, var lease = try? transit.lease(cost, for: .compression),
            let bytes = try? codec.encode(value, for: key)
        else {
            counts.redisFailures += 1
            return
        }
        // Ours and the client's, until it is sent.
        lease.shrink(to: ByteCount(2 * bytes.count))
        let holder = LeaseHolder(lease)
        redis.setEX(key.redisName, bytes, lifetime: lifetime) { [weak self] outcome in
            withExtendedLifetime(holder) {}
            if case .failure = outcome { self?.counts.redisFailures += 1 }
        }
    }
}
