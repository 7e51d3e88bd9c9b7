import Glibc

/// Where the server listens: an address of this machine and a TCP port.
package struct HostPort: Equatable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address, without brackets.
    package var host: String
    /// 0 to 65,535; 0: the kernel chooses one.
    package var port: Int

    /// Makes an address that is known to be well-formed.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080` (which is 127.0.0.1).
    ///
    /// - Returns: nil when `text` is anything else; other names would need a look-up.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = PortNumber.read(text[colon...].dropFirst(), 0...65_535)
        else { return nil }
        let host = text[..<colon]
        if host == "localhost" {
            self.init(host: "127.0.0.1", port: port)
        } else if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = String(host.dropFirst().dropLast())
            guard IPAddress.isVersion6(inner) else { return nil }
            self.init(host: inner, port: port)
        } else {
            guard IPAddress.isVersion4(String(host)) else { return nil }
            self.init(host: String(host), port: port)
        }
    }

    /// With an IPv6 address in brackets.
    package var description: String { "\(IPAddress.bracketed(host)):\(port)" }

    /// Only this machine can reach it.
    package var isLoopback: Bool { IPAddress.isLoopback(host) }

    /// All addresses of this machine.
    package var isWildcard: Bool { host == "0.0.0.0" || host == "::" }
}

/// A port in text.
enum PortNumber {
    static func read(_ text: some StringProtocol, _ range: ClosedRange<Int>) -> Int? {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }), text.count <= 5,
            let port = Int(text), range.contains(port)
        else { return nil }
        return port
    }
}

/// Addresses in text, as `inet_pton` reads them.
enum IPAddress {
    static func isVersion4(_ text: String) -> Bool { isAddress(text, AF_INET) }

    static func isVersion6(_ text: String) -> Bool { isAddress(text, AF_INET6) }

    /// 127.0.0.0/8, ::1 or a name for them.
    static func isLoopback(_ host: String) -> Bool {
        host == "::1" || host == "localhost" || (isVersion4(host) && host.hasPrefix("127."))
    }

    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        var address = in6_addr()  // has room for both families
        return unsafe inet_pton(family, text, &address) == 1
    }
}
