/// The outcome of `berth cache warm`.
package struct CacheWarmReport: Codable, Sendable {
    /// Values that were copied from Redis.
    package let values: Int
    /// The level that they were copied into.
    package let memory: CacheMemoryReport
    /// The level that they were copied from.
    package let redis: RedisReport
}
