import Glibc

/// An address that the server listens on: an IP address of this machine and a TCP port.
package struct HostPort: Equatable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address, without brackets.
    package var host: String
    /// 0 to 65,535.
    ///
    /// The kernel chooses a port if it is 0.
    package var port: Int

    /// Makes an address that is known to be well-formed.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080` (which is 127.0.0.1).
    ///
    /// - Returns: nil if `text` is anything else. Other names would need a look-up.
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

    /// The address and port, an IPv6 address in brackets.
    package var description: String { "\(IPAddress.bracketed(host)):\(port)" }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool { IPAddress.isLoopback(host) }

    /// Whether it stands for all addresses of this machine.
    package var isWildcard: Bool { host == "0.0.0.0" || host == "::" }
}
