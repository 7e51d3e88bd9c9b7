import BerthCache
import BerthLoop
import BerthMemory

/// The response cache as `berth cache stats` prints it: counts since the start, sizes in bytes.
package struct CacheReport: Codable, Sendable {
    /// Lookups answered, by kind of value: `answer`, `translation`, `image_prompt`, `model_list`.
    package struct Kind: Codable, Sendable {
        /// Lookups that either level answered.
        package let hits: Int
        /// Lookups that neither did.
        package let misses: Int
    }

    /// Lookups that either level answered.
    package let hits: Int
    /// Lookups that neither did.
    package let misses: Int
    /// Values stored.
    package let stores: Int
    /// Names in the hot set.
    package let hotNames: Int
    /// Kinds that were asked for.
    package let kinds: [String: Kind]
    /// This process's level.
    package let memory: CacheMemoryReport
    /// The other level.
    package let redis: RedisReport

    private enum CodingKeys: String, CodingKey {
        case hits
        case misses
        case stores
        case hotNames = "hot_names"
        case kinds
        case memory
        case redis
    }

    init(_ counts: CacheStatistics, redis memory: RedisMemory?) {
        hits = counts.hits
        misses = counts.misses
        stores = counts.stores
        hotNames = counts.hotNames
        kinds = Dictionary(
            uniqueKeysWithValues: counts.kinds.map {
                ($0.key.word, Kind(hits: $0.value.hits, misses: $0.value.misses))
            }
        )
        self.memory = CacheMemoryReport(counts.memory)
        redis = RedisReport(counts, memory)
    }
}

/// What this process's level holds and has done.
package struct CacheMemoryReport: Codable, Sendable {
    /// Values held.
    package let entries: Int
    /// What they cost.
    package let bytes: Int
    /// `cache.memory`.
    package let limit: Int
    /// Lookups that found a value.
    package let hits: Int
    /// Lookups that did not.
    package let misses: Int
    /// Values dropped for want of room.
    package let evictions: Int
    /// Values found past their time.
    package let expired: Int

    init(_ counts: MemoryCacheStatistics) {
        entries = counts.entries
        bytes = counts.bytes.bytes
        limit = counts.limit.bytes
        hits = counts.hits
        misses = counts.misses
        evictions = counts.evictions
        expired = counts.expired
    }
}

/// What Redis has done for the cache, and how it is.
package struct RedisReport: Codable, Sendable {
    /// Whether `redis.url` is set.
    package let configured: Bool
    /// Whether it answers; false without one.
    package let up: Bool
    /// What is wrong with it, in words; nil: nothing, or there is none.
    package let fault: String?
    /// Lookups that it answered with a value.
    package let hits: Int
    /// Lookups and stores that it failed, or was away for.
    package let failures: Int
    /// Values from it that were none, by what was wrong: `not_ours`, `damaged`, `too_large`,
    /// `expired`.
    package let badValues: [String: Int]
    /// Bytes that it uses; nil where it does not say.
    package let usedBytes: Int?
    /// Its `maxmemory`; 0: without limit.
    package let maxBytes: Int?
    /// Its `maxmemory-policy`.
    package let policy: String?

    private enum CodingKeys: String, CodingKey {
        case configured
        case up
        case fault
        case hits
        case failures
        case badValues = "bad_values"
        case usedBytes = "used_bytes"
        case maxBytes = "max_bytes"
        case policy
    }

    init(_ counts: CacheStatistics, _ memory: RedisMemory?) {
        configured = counts.hasRedis
        up = counts.hasRedis && counts.redisFault == nil
        fault = counts.redisFault?.description
        hits = counts.redisHits
        failures = counts.redisFailures
        badValues = Dictionary(
            uniqueKeysWithValues: counts.badValues.map { ($0.key.word, $0.value) }
        )
        usedBytes = memory?.used.bytes
        maxBytes = memory?.most.bytes
        policy = memory?.policy
    }
}

/// What `berth cache flush` removed.
package struct CacheFlushReport: Codable, Sendable {
    /// Values of this process's memory.
    package let entries: Int
    /// Keys of Redis.
    package let keys: Int
    /// Why Redis could not be emptied, in words; nil: it was, or there is none.
    package let failure: String?

    init(_ flush: CacheFlush) {
        entries = flush.entries
        keys = flush.keys
        failure = flush.failure?.description
    }
}

/// What `berth cache warm` did.
package struct CacheWarmReport: Codable, Sendable {
    /// Values that came from Redis.
    package let values: Int
    /// The level that they came into.
    package let memory: CacheMemoryReport
    /// Where they came from.
    package let redis: RedisReport
}

extension CacheKind {
    /// In reports.
    var word: String {
        switch self {
        case .answer: "answer"
        case .translation: "translation"
        case .imagePrompt: "image_prompt"
        case .modelList: "model_list"
        }
    }
}

extension ValueFault {
    /// In reports and metrics.
    var word: String {
        switch self {
        case .notOurs: "not_ours"
        case .damaged: "damaged"
        case .tooLarge: "too_large"
        case .expired: "expired"
        }
    }
}
