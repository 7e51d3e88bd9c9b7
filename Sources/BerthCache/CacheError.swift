import BerthLoop
package import BerthMemory

/// Why the cache, or an answer that is shared, could not do what was asked.
///
/// Nothing of the server's own words is repeated: Redis and its relatives echo arguments, a
/// password among them.
package enum CacheError: Error, Equatable, CustomStringConvertible {
    /// Redis cannot be used now; known at once, without asking it.
    case away(RedisFault)
    /// Redis works, but takes no writes now (full, a replica, a disk error).
    case refusesWrites(RedisFault)
    /// Redis answered this one command with an error, whose first word is `code`.
    case refused(code: String)
    /// So many commands wait for Redis already that this one was not sent.
    case busy(waiting: Int)
    /// Larger than may be kept or sent.
    case tooLarge(bytes: Int, most: Int)
    /// There is no memory for it.
    case memory(BudgetError)
    /// So many different questions are being answered that no other is shared.
    case tooManyFlights(most: Int)

    package var description: String {
        switch self {
        case .away(let fault): "redis is away: \(fault)"
        case .refusesWrites(let fault): "redis takes no writes: \(fault)"
        case .refused(let code): "redis refused a command with \(code)"
        case .busy(let waiting): "\(waiting) commands wait for redis already: try again later"
        case .tooLarge(let bytes, let most):
            "\(ByteCount(bytes)) is more than the \(ByteCount(most)) that one entry may have"
        case .memory(let error): "\(error)"
        case .tooManyFlights(let most):
            "\(most) different questions are being answered: ask again when one has ended"
        }
    }
}

/// What is wrong with Redis, in words for whoever runs it.
package enum RedisFault: Equatable, Sendable, CustomStringConvertible {
    /// No connection was tried yet, or the service has stopped.
    case notStarted
    /// The host is a name without an address.
    case unknownHost(String)
    /// Nobody listens, or the socket may not be opened.
    case unreachable
    /// It took longer than `after` to accept a connection or to answer.
    case slow(after: Duration)
    /// The connection ended.
    case disconnected
    /// What came is no answer of Redis.
    case garbage
    /// It wants a password, or refuses the one in `redis.url`.
    case login
    /// It has no database of that number.
    case database(Int)
    /// It reads its data from disk, or runs a script.
    case loading
    /// `maxmemory` is reached and nothing may be evicted.
    case full
    /// It is a replica, or misses the replicas that it wants for writing.
    case readOnly
    /// It cannot write to its disk and stops writes for it.
    case disk
    /// The user of `redis.url` may not run what the cache needs.
    case permission
    /// Another error, by its first word.
    case other(code: String)

    package var description: String {
        switch self {
        case .notStarted: "not connected yet"
        case .unknownHost(let host):
            "'\(host)' has no address: correct redis.url, or the look-up of names"
        case .unreachable: "nobody listens there: start it, or correct redis.url"
        case .slow(let limit): "no answer within \(limit.milliseconds()) ms"
        case .disconnected: "the connection ended"
        case .garbage: "what answers there does not speak Redis: correct redis.url"
        case .login: "user or password is missing or wrong: correct redis.url"
        case .database(let number): "it has no database \(number): correct redis.url"
        case .loading: "it is loading its data or busy with a script"
        case .full: "its maxmemory is reached: set maxmemory-policy allkeys-lfu, or raise it"
        case .readOnly: "it is a replica or misses its own: name its primary in redis.url"
        case .disk: "it cannot write to its disk: see its log, or switch its snapshots off"
        case .permission:
            "the user may not run GETRANGE, SET, UNLINK, SCAN, PING, INFO: extend its ACL"
        case .other(let code): "it answered \(code)"
        }
    }
}
