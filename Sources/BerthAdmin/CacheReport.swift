import BerthCache

/// The response cache as `berth cache stats` prints it.
///
/// Counts are since the start, and sizes are in bytes.
package struct CacheReport: Codable, Sendable {
    /// The lookups of one kind of value.
    package struct Kind: Codable, Sendable {
        /// Lookups that one of the two levels answered.
        package let hits: Int
        /// Lookups that neither level answered.
        package let misses: Int
    }

    /// Lookups that one of the two levels answered.
    package let hits: Int
    /// Lookups that neither level answered.
    package let misses: Int
    /// Values stored.
    package let stores: Int
    /// Names in the hot set.
    package let hotNames: Int
    /// The kinds that were looked up, by name: `answer`, `translation`, `image_prompt`,
    /// `model_list`.
    package let kinds: [String: Kind]
    /// The level in this process's memory.
    package let memory: CacheMemoryReport
    /// The level in Redis.
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
