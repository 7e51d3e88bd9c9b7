/// The result of a flush.
package struct CacheFlush: Equatable, Sendable {
    /// The number of entries removed from this process's memory.
    package var entries = 0
    /// The number of keys removed from Redis, not counting those removed before a failure.
    package var keys = 0
    /// The reason why Redis could not be emptied, or nil if it was or is not configured.
    package var failure: CacheError?
}
