package import BerthMemory

/// The counts and the size of the cache in this process.
package struct MemoryCacheStatistics: Equatable, Sendable {
    /// The number of lookups that found a value.
    package var hits = 0
    /// The number of lookups that did not.
    package var misses = 0
    /// The number of entries dropped for lack of room.
    package var evictions = 0
    /// The number of entries that had expired when they were looked up.
    package var expired = 0
    /// The number of entries held now.
    package var entries = 0
    /// The bytes of their keys and values, and their share of the tables.
    package var bytes = ByteCount.zero
    /// The most bytes that they may take.
    package var limit = ByteCount.zero
}
