package import BerthLoop
package import BerthMemory
package import BerthTelemetry

/// The cache with both levels: the memory of this process, and then Redis if it is configured.
///
/// No call fails. A fault of Redis is a miss, and is counted.
@Loop package final class ResponseCache {
    /// The names with the most requests.
    ///
    /// The caller keeps them over a restart.
    package var hot: HotSet
    /// The system texts that several tenants have sent.
    ///
    /// The caller keeps them over a restart.
    package var common = CommonTexts()
    private let memory: MemoryCache
    private let redis: RedisClient?
    private let transit: MemoryAccount
    private let lifetimes: Lifetimes
    private let surroundings: Surroundings
    private var random: SeededGenerator
    private var counts = CacheStatistics()
    /// Made with the first value for Redis.
    ///
    /// It leaves room for the header, so each encoded value can also be read.
    private lazy var codec: ValueCodec = {
        let most = (redis?.limits ?? RedisLimits()).value - .kibibytes(1)
        return ValueCodec(most: max(.zero, most))
    }()

    /// Makes a cache of both levels.
    ///
    /// - Parameters:
    ///   - memory: the first level.
    ///   - redis: the second level, which the caller runs (``RedisClient/run(until:)``), or nil for
    ///     this process alone.
    ///   - transit: the account of values on their way to Redis or back.
    ///   - lifetimes: the rules for lifetimes, made from `cache.ttl`.
    ///   - hot: the hot set from before the restart.
    ///   - surroundings: its clock dates values, and its entropy spreads their expiry.
    package init(
        memory: MemoryCache,
        redis: RedisClient?,
        transit: MemoryAccount,
        lifetimes: Lifetimes,
        hot: HotSet = HotSet(),
        in surroundings: Surroundings
    ) {
        self.memory = memory
        self.redis = redis
        self.transit = transit
        self.lifetimes = lifetimes
        self.hot = hot
        self.surroundings = surroundings
        random = surroundings.entropy.generator()
    }

    /// The counts so far.
    package var statistics: CacheStatistics {
        var now = counts
        now.memory = memory.statistics
        now.hasRedis = redis != nil
        now.redisFault = redis?.fault
        now.hotNames = hot.count
        return now
    }

    /// Returns the value of `key` from memory at once, or else from Redis within its command's
    /// deadline.
    package func lookup(_ key: CacheKey) async -> [UInt8]? {
        if let value = look(key) { return value }
        return await lookFurther(key)
    }

    /// Returns the value of `key` from memory, or nil if ``lookFurther(_:)`` is to be asked.
    package func look(_ key: CacheKey) -> [UInt8]? {
        hot.touch(key, at: surroundings.clock.timestamp)
        return memory.get(key).map { hit($0, key) }
    }

    /// Returns the value of `key`, which memory does not have, from Redis within its command's
    /// deadline.
    package func lookFurther(_ key: CacheKey) async -> [UInt8]? {
        if let value = await fromRedis(key) {
            counts.redisHits += 1
            return hit(value, key)
        }
        counts.misses += 1
        counts.kinds[key.kind, default: .init()].misses += 1
        return nil
    }

    /// Stores `value` in both levels, without waiting for Redis.
    ///
    /// - Parameters:
    ///   - value: the value. Each level stores it only up to its own limit.
    ///   - key: the key of the value.
    ///   - base: the base of the lifetime, if it is not `cache.ttl`.
    /// - Returns: the lifetime of the value.
    @discardableResult
    package func store(
        _ value: [UInt8],
        for key: CacheKey,
        base: Duration? = nil
    ) -> Duration {
        let now = surroundings.clock.timestamp
        let changes =
            key.kind.isSampled ? 0 : hot.note(value: Checksum.of(value) | 1, of: key)
        let lifetimes = base.map { Lifetimes(base: $0, jitter: self.lifetimes.jitter) }
        let lifetime = (lifetimes ?? self.lifetimes).lifetime(
            asked: hot.weight(of: key, at: now),
            changes: changes,
            random: random.fraction()
        )
        let kept = CachedValue(bytes: value, created: now, expires: now + lifetime)
        counts.stores += 1
        memory.set(key, kept)
        toRedis(kept, key, lifetime)
        return lifetime
    }

    /// Removes Berth's keys from Redis, and then empties this process's level even if Redis failed.
    ///
    /// Redis is first, because a lookup in between would bring a value back from there.
    package func flush() async -> CacheFlush {
        var flushed = CacheFlush()
        do throws(CacheError) { flushed.keys = try await redis?.flush() ?? 0 } catch {
            flushed.failure = error
        }
        flushed.entries = memory.statistics.entries
        memory.removeAll()
        return flushed
    }

    /// Removes the values that only `owner` may be given from this process's level, and what it
    /// has sent from the common texts.
    ///
    /// Redis keeps its copies until they expire.
    package func forget(_ owner: Int64) {
        memory.removeAll(of: owner)
        common.forget(owner)
    }

    /// Loads the hottest values that this process lacks from Redis, one after the other, hottest
    /// first.
    ///
    /// It ends early if three quarters of the memory are in use or Redis is away.
    ///
    /// - Parameter most: the number of hottest names that are considered.
    /// - Returns: the number of loaded values, which is 0 without Redis.
    package func warm(_ most: Int) async -> Int {
        guard let redis else { return 0 }
        var found = 0
        for key in hot.hottest(most, at: surroundings.clock.timestamp) where !memory.contains(key) {
            guard memory.hasRoom, redis.fault == nil, !Task.isCancelled else { break }
            if await fromRedis(key) != nil { found += 1 }
        }
        return found
    }

    /// Returns Redis's figures about its memory, or nil if it is not configured or does not answer.
    package func redisMemory() async -> RedisMemory? { try? await redis?.memory() }

    /// Notes that a tenant has sent a system text, whose SHA-256 is `hash`.
    ///
    /// - Returns: the number of tenants that have sent it.
    package func noteCommon(_ hash: [UInt8], by tenant: Int64) -> Int {
        common.note(hash, by: tenant, at: surroundings.clock.timestamp)
    }

    /// Returns memory to the ledger, or takes it again (see ``MemoryCache/keep(part:)``).
    package func keep(part: Double) { memory.keep(part: part) }

    // MARK: The levels

    private func hit(_ value: CachedValue, _ key: CacheKey) -> [UInt8] {
        counts.kinds[key.kind, default: .init()].hits += 1
        return value.bytes
    }

    /// Reads a value from Redis and stores it in memory too.
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
            let value = try codec.decode(bytes, for: key, now: surroundings.clock.timestamp)
            memory.set(key, value)
            return value
        } catch {
            counts.badValues[error, default: 0] += 1
            return nil
        }
    }

    private func toRedis(_ value: CachedValue, _ key: CacheKey, _ lifetime: Duration) {
        guard let redis else { return }
        // The cost covers the value, its frame, and both joined with the header.
        let cost = ByteCount(3 * value.bytes.count + 1024)
        guard redis.fault == nil, var lease = try? transit.lease(cost, for: .compression),
            let bytes = try? codec.encode(value, for: key)
        else {
            counts.redisFailures += 1
            return
        }
        // From here to the send, this function and the client hold one copy each.
        lease.shrink(to: ByteCount(2 * bytes.count))
        let holder = LeaseHolder(lease)
        redis.setEX(key.redisName, bytes, lifetime: lifetime) { [weak self] outcome in
            withExtendedLifetime(holder) {}
            if case .failure = outcome { self?.counts.redisFailures += 1 }
        }
    }
}
