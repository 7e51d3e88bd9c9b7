import BerthLoop

/// A fault of Redis, in words for the operator.
package enum RedisFault: Equatable, Sendable, CustomStringConvertible {
    /// No connection was tried yet, or the service has stopped.
    case notStarted
    /// The host is a name that has no address.
    case unknownHost(String)
    /// The address accepts no connections, or the socket may not be opened.
    case unreachable
    /// A connection or an answer took longer than `after`.
    case slow(after: Duration)
    /// The connection ended.
    case disconnected
    /// The peer did not send a valid Redis answer, or sent one larger than any that is asked for.
    case garbage
    /// It requires a password, or refuses the one in `redis.url`.
    case login
    /// It has no database with this number.
    case database(Int)
    /// It is reading its data from disk or running a script.
    case loading
    /// It has reached `maxmemory` and may evict nothing.
    case full
    /// It is a replica, or lacks the replicas that it requires for writes.
    case readOnly
    /// It cannot write to its disk and therefore refuses writes.
    case disk
    /// The user of `redis.url` may not run a command that the cache needs.
    case permission
    /// Another error with this first word.
    case other(code: String)

    package var description: String {
        switch self {
        case .notStarted: "not connected yet"
        case .unknownHost(let host):
            "'\(host)' has no address: correct redis.url, or check this machine's name server"
        case .unreachable: "no server listens there: start redis, or correct redis.url"
        case .slow(let limit): "no answer within \(limit.milliseconds()) ms"
        case .disconnected: "the connection ended"
        case .garbage:
            "the server there is not redis, or answers more than it was asked: correct redis.url"
        case .login: "the user or password is missing or wrong: correct redis.url"
        case .database(let number): "it has no database \(number): correct redis.url"
        case .loading: "it is loading its data or busy with a script"
        case .full: "its maxmemory is reached: set maxmemory-policy allkeys-lfu, or raise it"
        case .readOnly: "it is a replica or lacks its own replicas: put its primary into redis.url"
        case .disk: "it cannot write to its disk: read its log, or switch off its snapshots"
        case .permission:
            "the user may not run GETRANGE, SET, UNLINK, SCAN, PING, INFO: extend its ACL"
        case .other(let code): "it answered \(code)"
        }
    }
}

extension RedisFault {
    /// The fault of the whole server that an error's first word means, or nil if the error concerns
    /// only its command.
    ///
    /// Source: <https://redis.io/docs/latest/develop/reference/protocol-spec/>, "Simple errors",
    /// and the texts in Redis 7's `server.c`.
    init?(code: String) {
        switch code {
        case "NOAUTH", "WRONGPASS": self = .login
        case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN": self = .loading
        case "OOM": self = .full
        case "READONLY", "NOREPLICAS": self = .readOnly
        case "MISCONF": self = .disk
        case "NOPERM": self = .permission
        default: return nil
        }
    }

    /// Whether the fault concerns only writes, so reading continues.
    var isOfWrites: Bool {
        switch self {
        case .full, .readOnly, .disk, .permission: true
        default: false
        }
    }
}
