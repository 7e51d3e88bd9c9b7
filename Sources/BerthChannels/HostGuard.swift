import BerthConfig
import BerthHTTP

/// The hosts that a request may name, and the origins from which a cookie may change state.
///
/// It keeps the pages of other sites and rebound names out.
struct HostGuard: Sendable {
    private let names: Set<String>
    private let isLoopback: Bool

    private static let loopback: Set = ["localhost", "127.0.0.1", "[::1]"]

    init(url: WebURL, listen: HostPort) {
        let name = { (host: String) in host.contains(":") ? "[\(host)]" : host }
        names = [name(url.host).lowercased(), name(listen.host).lowercased()]
        isLoopback = listen.isLoopback
    }

    /// Whether the `Host` field names this service; ports are not compared.
    func allows(host: String?) -> Bool {
        guard let host else { return true }  // HTTP/1.0 has none, and no browser speaks it
        let name = HostGuard.name(of: host)
        return names.contains(name) || isLoopback && HostGuard.loopback.contains(name)
    }

    /// Whether the request's `Origin` is the very authority that it is addressed to.
    func allowsOrigin(_ headers: HTTPHeaders) -> Bool {
        guard let origin = headers["origin"], let host = headers["host"],
            let scheme = origin.firstIndex(of: ":"), origin[scheme...].hasPrefix("://")
        else { return false }
        return origin[scheme...].dropFirst(3).lowercased() == host.lowercased()
    }

    /// The name of an authority in lower case: without its port, brackets kept.
    private static func name(of authority: String) -> String {
        let bytes = authority.utf8
        if bytes.first == UInt8(ascii: "["), let end = bytes.firstIndex(of: UInt8(ascii: "]")) {
            return authority[...end].lowercased()
        }
        let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        return authority[..<end].lowercased()
    }
}
