import Glibc

/// Reads TCP ports.
enum PortNumber {
    static func read(_ text: some StringProtocol, _ range: ClosedRange<Int>) -> Int? {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }), text.count <= 5,
            let port = Int(text), range.contains(port)
        else { return nil }
        return port
    }
}

/// Checks IP addresses, in the forms that `inet_pton` reads.
enum IPAddress {
    static func isVersion4(_ text: String) -> Bool { isAddress(text, AF_INET) }

    static func isVersion6(_ text: String) -> Bool { isAddress(text, AF_INET6) }

    /// Whether `text` is an address, or an address and a prefix length such as `10.0.0.0/8`.
    static func isBlock(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let address = String(parts[0])
        guard isVersion4(address) || isVersion6(address) else { return false }
        guard parts.count == 2 else { return true }
        let bits = isVersion4(address) ? 32 : 128
        return !parts[1].isEmpty && PortNumber.read(parts[1], 0...bits) != nil
    }

    /// Whether `host` is in 127.0.0.0/8, is ::1, or is a name for them.
    static func isLoopback(_ host: String) -> Bool {
        host == "::1" || host == "localhost" || (isVersion4(host) && host.hasPrefix("127."))
    }

    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    private static func isAddress(_ text: String, _ family: Int32) -> Bool {
        var address = in6_addr()  // has room for both families
        return unsafe inet_pton(family, text, &address) == 1
    }
}
