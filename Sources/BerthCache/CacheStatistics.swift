/// What `berth cache stats` shows, since the start.
package struct CacheStatistics: Equatable, Sendable {
    /// The first level's counts; each lookup asks it first.
    package var memory = MemoryCacheStatistics()
    /// Lookups that Redis answered with a value.
    package var redisHits = 0
    /// Lookups that neither level had.
    package var misses = 0
    /// Values stored.
    package var stores = 0
    /// Hits and misses by kind, in both levels together.
    package var kinds: [CacheKind: Kind] = [:]
    /// Values from Redis that were none, by what was wrong; each was a miss.
    package var badValues: [ValueFault: Int] = [:]
    /// Lookups and stores that Redis failed, or that were not tried while it was away.
    package var redisFailures = 0
    /// What is wrong with Redis; nil: it works, or there is none.
    package var redisFault: RedisFault?
    /// Whether a Redis is configured.
    package var hasRedis = false
    /// Names in the hot set.
    package var hotNames = 0

    /// Of one kind.
    package struct Kind: Equatable, Sendable {
        /// Lookups answered.
        package var hits = 0
        /// Lookups not answered.
        package var misses = 0
    }

    /// Hits of both levels.
    package var hits: Int { memory.hits + redisHits }
    /// All lookups so far.
    package var lookups: Int { memory.hits + memory.misses }
}

/// What a flush removed.
package struct CacheFlush: Equatable, Sendable {
    /// Entries of this process's memory.
    package var entries = 0
    /// Keys of Redis; what is removed before a failure is not counted.
    package var keys = 0
    /// Why Redis could not be emptied; nil: it was, or there is none.
    package var failure: CacheError?
}
