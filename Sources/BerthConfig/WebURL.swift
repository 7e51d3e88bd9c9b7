/// An absolute `http` or `https` URL without user, query or fragment.
package struct WebURL: Equatable, Sendable, CustomStringConvertible {
    /// Whether the scheme is `https`.
    package let isSecure: Bool
    /// A name in lower case, or an address without brackets.
    package let host: String
    /// The port: the scheme's usual one if the URL has none.
    package let port: Int
    /// Empty, or begins with `/` and does not end with one.
    package let path: String

    /// Makes the default URL of a server that listens on `address`: `http://` and that address, or
    /// this machine's loopback address if it listens on all addresses.
    package init(listening address: HostPort) {
        let loopback = address.host == "::" ? "::1" : "127.0.0.1"
        isSecure = false
        host = address.isWildcard ? loopback : address.host
        port = address.port
        path = ""
    }

    /// Reads `text`.
    ///
    /// - Returns: nil if it is relative, of another scheme, has a user, query, fragment, space or
    ///   control character, or a port out of 1 to 65,535.
    package init?(_ text: String) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            !text.contains(where: { "@?#\\\"<>`{}|^".contains($0) }),
            let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://")
        else { return nil }
        let scheme = text[..<colon].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[colon...].dropFirst(3)
        let authority = rest.prefix { $0 != "/" }
        guard let place = Authority(authority, port: scheme == "https" ? 443 : 80) else {
            return nil
        }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path = path.dropLast() }
        isSecure = scheme == "https"
        host = place.host
        port = place.port
        self.path = String(path)
    }

    /// Scheme, host and port in the form of a browser's `Origin`, without a port that the scheme
    /// implies.
    package var origin: String {
        let implied = port == (isSecure ? 443 : 80)
        let authority = IPAddress.bracketed(host) + (implied ? "" : ":\(port)")
        return "\(isSecure ? "https" : "http")://\(authority)"
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool { IPAddress.isLoopback(host) || host.hasSuffix(".localhost") }

    /// The URL without a slash at its end.
    package var description: String { origin + path }
}

/// The authority of a URL: `host`, `host:port` or `[v6]:port`.
struct Authority: Equatable {
    /// The host in lower case, without brackets.
    let host: String
    let port: Int

    /// Reads `text`.
    ///
    /// `port` is the default port.
    init?(_ text: Substring, port: Int) {
        let bracket = text.hasPrefix("[") ? text.firstIndex(of: "]") : nil
        let tail = bracket.map { text[$0...].dropFirst() } ?? text.drop { $0 != ":" }
        let name = String(text.dropLast(tail.count)).lowercased()
        host = bracket == nil ? name : String(name.dropFirst().dropLast())
        guard bracket == nil ? Self.isName(host) : IPAddress.isVersion6(host) else { return nil }
        guard !tail.isEmpty else {
            self.port = port
            return
        }
        guard tail.first == ":", let port = PortNumber.read(tail.dropFirst(), 1...65_535) else {
            return nil
        }
        self.port = port
    }

    private static func isName(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return host.utf8.count <= 253
            && labels.allSatisfy { label in
                !label.isEmpty && label.count <= 63 && !label.hasPrefix("-")
                    && label.allSatisfy {
                        $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0))
                    }
            }
    }
}
