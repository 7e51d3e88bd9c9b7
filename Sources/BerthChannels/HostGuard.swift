import BerthConfig
import BerthHTTP

/// The hosts that a request may name, and the origins from which a cookie may change state.
///
/// It keeps the pages of other sites and rebound names out.
struct HostGuard: Sendable {
    private let names: Set<String>
    private let origins: Set<String>
    private let isSecure: Bool
    private let isLoopback: Bool

    private static let loopback: Set = ["localhost", "127.0.0.1", "[::1]"]

    init(urls: [WebURL], listen: HostPort) {
        let name = { (host: String) in host.contains(":") ? "[\(host)]" : host }
        names = Set((urls.map(\.host) + [listen.host]).map { name($0).lowercased() })
        origins = Set(urls.map { $0.origin.lowercased() })
        isSecure = urls.first?.isSecure == true
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
    /// Its `Origin` is that of one of the URLs, whatever `Host` a proxy has put in. On a loopback listener it
    /// may also be the loopback authority that the request is addressed to, such as the end of a
    /// tunnel.
    func allowsOrigin(_ headers: HTTPHeaders) -> Bool {
        guard let origin = headers["origin"]?.lowercased() else { return false }
        if origins.contains(origin) { return true }
        guard isLoopback, let host = headers["host"]?.lowercased() else { return false }
        return HostGuard.loopback.contains(HostGuard.name(of: host)) && origin == "http://\(host)"
    }

    /// Whether a cookie for the page that sent a request is for https alone.
    ///
    /// At the end of a tunnel the first URL decides.
    func wantsSecureCookie(_ headers: HTTPHeaders) -> Bool {
        guard let origin = headers["origin"]?.lowercased(), origins.contains(origin) else {
            return isSecure
        }
        return origin.hasPrefix("https:")
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
