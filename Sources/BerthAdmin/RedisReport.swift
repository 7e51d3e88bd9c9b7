import BerthCache
import BerthMemory

/// The cache's level in Redis.
package struct RedisReport: Codable, Sendable {
    /// Whether `redis.url` is set.
    package let configured: Bool
    /// Whether Redis answers, false if none is configured.
    package let up: Bool
    /// The fault, in words, or nil if there is none.
    package let fault: String?
    /// Lookups that it answered with a value.
    package let hits: Int
    /// Lookups and stores that failed, also because Redis was not connected.
    package let failures: Int
    /// Unusable values by fault: `not_ours`, `damaged`, `too_large`, `expired`.
    package let badValues: [String: Int]
    /// Bytes that it uses, or nil if they are not known.
    package let usedBytes: Int?
    /// Its `maxmemory`, 0 without a limit, or nil if it is not known.
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
