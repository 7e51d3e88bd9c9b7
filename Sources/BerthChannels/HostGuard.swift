import BerthConfig
import BerthHTTP

/// The hosts that a request may name, and the origins from which a cookie may change state.
///
/// It keeps the pages of other sites and rebound names out.
struct HostGuard: Sendable {
    private let names: Set<String>
    private let origin: String
    private let isLoopback: Bool

    private static let loopback: Set = ["localhost", "127.0.0.1", "[::1]"]

    init(url: WebURL, listen: HostPort) {
        let name = { (host: String) in host.contains(":") ? "[\(host)]" : host }
        names = [name(url.host).lowercased(), name(listen.host).lowercased()]
        origin = url.origin.lowercased()
        isLoopback = listen.isLoopback
    }

    /// Whether the `Host` field names this service; ports are not compared.
    func allows(host: String?) -> Bool {
        guard let host else { return true }  // HTTP/1.0 has none, and no browser speaks it
        let name = HostGuard.name(of: host)
        return names.contains(name) || isLoopback && HostGuard.loopback.contains(name)
    }

    /// Whether the request was sent by a page of this service.
    ///
    /// Its `Origin` is the one of `url`, whatever `Host` a proxy has put in. On a loopback listener it
    /// may also be the loopback authority that the request is addressed to, such as the end of a
    /// tunnel.
    func allowsOrigin(_ headers: HTTPHeaders) -> Bool {
        guard let origin = headers["origin"]?.lowercased() else { return false }
        if origin == self.origin { return true }
        guard isLoopback, let host = headers["host"]?.lowercased() else { return false }
        return HostGuard.loopback.contains(HostGuard.name(of: host)) && origin == "http://\(host)"
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
