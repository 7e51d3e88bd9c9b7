import BerthText

/// The address of a proxy for outgoing requests:
/// `http://[user:password@]host[:port]`, with the schemes `http`, `https`, `socks5` and `socks5h`.
///
/// The scheme `http` may be left out, as in most environments. A SOCKS proxy always looks the names
/// up itself.
package struct ProxyAddress: Equatable, Sendable, CustomStringConvertible {
    /// A name in lower case, or an address without brackets.
    package let host: String
    /// The port: 80, 443 or 1080 if the text has none.
    package let port: Int
    private let scheme: String
    private let login: Secret?

    /// Reads `text`.
    ///
    /// - Returns: nil if it has another scheme, a path, or a character that no URL holds.
    package init?(_ text: String) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        let named = parts.count == 2 ? parts[0].lowercased() : "http"
        let ports = ["http": 80, "https": 443, "socks5": 1080, "socks5h": 1080]
        guard let usual = ports[named], var rest = parts.last else { return nil }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let login = rest.lastIndex(of: "@").map { rest[..<$0] }
        let place = login.map { rest.dropFirst($0.count + 1) } ?? rest
        guard !place.contains("/"), let authority = Authority(place, port: usual) else {
            return nil
        }
        host = authority.host
        port = authority.port
        // curl looks a name up itself for "socks5", and the loop never waits for a look-up.
        scheme = named == "socks5" ? "socks5h" : named
        self.login = login.map { Secret(String($0)) }
    }

    /// The address with its login, for the HTTP client only.
    package var url: Secret {
        Secret("\(scheme)://\(login.map { $0.reveal() + "@" } ?? "")\(authority)")
    }

    /// The address with `***` for user and password.
    package var description: String { "\(scheme)://\(login == nil ? "" : "***@")\(authority)" }

    private var authority: String { "\(IPAddress.bracketed(host)):\(port)" }
}

extension ProxyAddress {
    /// The proxy that the environment names for requests to `url`.
    ///
    /// The variables are `https_proxy` or `http_proxy` by the URL's scheme, then `all_proxy`, each
    /// in lower or upper case. `no_proxy` lists hosts that are reached directly: names, which
    /// include their subdomains, addresses, or `*` for all. This machine is always reached directly.
    ///
    /// - Returns: the proxy and its variable. nil for a direct connection.
    /// - Throws: ``ProxyAddress/Unreadable`` if the variable holds no proxy address.
    static func named(
        for url: WebURL,
        in environment: (String) -> String?
    ) throws(Unreadable) -> (proxy: ProxyAddress, variable: String)? {
        let lower = [url.isSecure ? "https_proxy" : "http_proxy", "all_proxy"]
        let names = lower.flatMap { [$0, $0.uppercased()] }
        guard let name = names.first(where: { environment($0)?.isEmpty == false }),
            let text = environment(name), !url.isLoopback
        else { return nil }
        let direct = environment("no_proxy") ?? environment("NO_PROXY") ?? ""
        guard !isListed(url, in: direct) else { return nil }
        guard let proxy = ProxyAddress(text) else { throw Unreadable(variable: name) }
        return (proxy, name)
    }

    /// A variable that holds no proxy address.
    ///
    /// Its value may hold a password, so it is not quoted.
    struct Unreadable: Error { let variable: String }

    private static func isListed(_ url: WebURL, in list: String) -> Bool {
        list.split(whereSeparator: { $0 == "," || $0 == " " }).contains { entry in
            var entry = entry.lowercased()[...]
            if entry == "*" { return true }
            if entry.hasSuffix(":\(url.port)") { entry = entry.dropLast("\(url.port)".count + 1) }
            if entry.first == "[", entry.last == "]" { entry = entry.dropFirst().dropLast() }
            while entry.first == "." || entry.first == "*" { entry = entry.dropFirst() }
            return !entry.isEmpty && (url.host == entry || url.host.hasSuffix("." + entry))
        }
    }
}

extension ValueFormat where Value == ProxyAddress? {
    /// A proxy, or `none` for a direct connection whatever the environment says.
    static var outgoingProxy: ValueFormat {
        ValueFormat(
            expected: "none or a proxy's address, such as http://proxy.example:3128",
            read: { text in
                if text == "none" { return .some(nil) }
                return ProxyAddress(text).map { .some($0) }
            },
            show: { .text($0?.description ?? "none") },
            isSecret: true
        )
    }
}
