import BerthCache

/// The outcome of `berth cache flush`.
package struct CacheFlushReport: Codable, Sendable {
    /// Values removed from this process's memory.
    package let entries: Int
    /// Keys removed from Redis.
    package let keys: Int
    /// The reason for which Redis could not be emptied, or nil if there is none.
    package let failure: String?

    init(_ flush: CacheFlush) {
        entries = flush.entries
        keys = flush.keys
        failure = flush.failure?.description
    }
}
