/// The address of a Redis server.
package enum RedisAddress: Equatable, Sendable, CustomStringConvertible {
    /// `redis://[user:password@]host[:port][/database]`. The defaults are port 6379 and database 0.
    case tcp(host: String, port: Int, database: Int, user: String?, password: Secret?)
    /// `unix:/path`.
    case unix(path: String)

    /// Reads either form.
    ///
    /// - Returns: nil if `text` has neither form, or its path exceeds a socket's 107 bytes.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        if text.hasPrefix("unix:/") {
            let path = String(text.dropFirst(5))
            guard path.utf8.count <= 107 else { return nil }
            self = .unix(path: path)
            return
        }
        guard text.hasPrefix("redis://") else { return nil }
        let rest = text.dropFirst(8)
        let login = rest.lastIndex(of: "@").map { rest[..<$0] }
        let place = login.map { rest.dropFirst($0.count + 1) } ?? rest
        let host = place.prefix { $0 != "/" }
        let index = place.dropFirst(host.count + 1)
        guard let authority = Authority(host, port: 6379),
            let database = index.isEmpty ? 0 : PortNumber.read(index, 0...15_999)
        else { return nil }
        let parts = login?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts?.count != 1 else { return nil }  // a user without a password is no login
        let user = parts?.first.flatMap { $0.isEmpty ? nil : String($0) }
        self = .tcp(
            host: authority.host,
            port: authority.port,
            database: database,
            user: user,
            password: parts?.last.map { Secret(String($0)) }
        )
    }

    /// The address as it is written, with `***` for user and password.
    package var description: String {
        switch self {
        case .tcp(let host, let port, let database, _, nil):
            "redis://\(IPAddress.bracketed(host)):\(port)/\(database)"
        case .tcp(let host, let port, let database, _, .some):
            "redis://***@\(IPAddress.bracketed(host)):\(port)/\(database)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
