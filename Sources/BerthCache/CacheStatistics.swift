/// The figures of `berth cache stats`, since the start of the process.
package struct CacheStatistics: Equatable, Sendable {
    /// The counts of the first level, which every lookup asks first.
    package var memory = MemoryCacheStatistics()
    /// The number of lookups that Redis answered with a value.
    package var redisHits = 0
    /// The number of lookups that neither level could answer.
    package var misses = 0
    /// The number of stored values.
    package var stores = 0
    /// The hits and misses of both levels together, by kind.
    package var kinds: [CacheKind: Kind] = [:]
    /// The number of invalid values from Redis, by fault.
    ///
    /// Each was a miss.
    package var badValues: [ValueFault: Int] = [:]
    /// The number of lookups and stores that Redis failed, or that were not tried while it was
    /// away.
    package var redisFailures = 0
    /// The fault of Redis, or nil if it works or is not configured.
    package var redisFault: RedisFault?
    /// Whether a Redis is configured.
    package var hasRedis = false
    /// The number of names in the hot set.
    package var hotNames = 0

    /// The counts of one kind.
    package struct Kind: Equatable, Sendable {
        /// The number of lookups that found a value.
        package var hits = 0
        /// The number of lookups that did not.
        package var misses = 0
    }

    /// The number of hits in both levels.
    package var hits: Int { memory.hits + redisHits }
    /// The number of lookups.
    package var lookups: Int { memory.hits + memory.misses }
}
