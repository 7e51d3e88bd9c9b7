import BerthCache
import BerthMemory

/// The cache's level in this process's memory.
package struct CacheMemoryReport: Codable, Sendable {
    /// Values held.
    package let entries: Int
    /// The memory that they take.
    package let bytes: Int
    /// The setting `cache.memory`.
    package let limit: Int
    /// Lookups that found a value.
    package let hits: Int
    /// Lookups that found no value.
    package let misses: Int
    /// Values dropped to make room.
    package let evictions: Int
    /// Values found after they had expired.
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
