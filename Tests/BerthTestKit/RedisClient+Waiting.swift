package import BerthCache
import BerthLoop

extension RedisClient {
    /// Stores a value as `setEX` does, and waits for the answer.
    ///
    /// - Returns: false if an existing value was kept.
    /// - Throws: `CacheError`.
    @discardableResult
    @Loop package func setEX(
        _ key: [UInt8],
        _ value: [UInt8],
        lifetime: Duration,
        onlyIfAbsent: Bool = false
    ) async throws(CacheError) -> Bool {
        let result = await withCheckedContinuation { continuation in
            setEX(key, value, lifetime: lifetime, onlyIfAbsent: onlyIfAbsent) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }
}
