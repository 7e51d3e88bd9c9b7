import BerthMemory

/// A failure of the cache.
///
/// It repeats no text from the server, because Redis and its relatives echo arguments, which may
/// include a password.
package enum CacheError: Error, Equatable, CustomStringConvertible {
    /// Redis cannot be used now. The call failed without asking it.
    case away(RedisFault)
    /// Redis works but accepts no writes now, because it is full, a replica or has a disk error.
    case refusesWrites(RedisFault)
    /// Redis answered this command with an error whose first word is `code`.
    case refused(code: String)
    /// The most commands that may wait for Redis are waiting, so this one was not sent.
    case busy(waiting: Int)
    /// The value exceeds the limit of one entry.
    case tooLarge(bytes: Int, most: Int)

    package var description: String {
        switch self {
        case .away(let fault): "redis is away: \(fault)"
        case .refusesWrites(let fault): "redis takes no writes: \(fault)"
        case .refused(let code): "redis refused a command with \(code)"
        case .busy(let waiting):
            "\(waiting) commands are already waiting for redis: try again later"
        case .tooLarge(let bytes, let most):
            "\(ByteCount(bytes)) is more than one entry may have, which is \(ByteCount(most))"
        }
    }
}
