import BerthText

/// An address that a tenant names for a server to fetch, and that only the internet can have.
///
/// Other readers of URLs differ from curl: some drop line breaks, take `\` for `/`, decode `%31`,
/// or read `2130706433` and `0x7f.1` as numbers. Everything that two of them could read differently
/// is no ``PublicURL``.
package struct PublicURL: Equatable, Sendable {
    /// The host's name in lower case, or nil if the host is a numeric public address.
    ///
    /// A name may still have a private address, which only a look-up shows.
    package let name: String?

    /// The longest address in bytes.
    package static let longest = 8192

    /// Reads an http or https address, or returns nil if it is none or its host is not public.
    ///
    /// Hosts that are not public are numbers in the ranges of ``IPAddress/isPublic``, and names
    /// that mean this machine or a private network: those without a dot, and those that end in one
    /// of the reserved domains.
    package init?(_ text: String) {
        guard text.utf8.count <= PublicURL.longest,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
            let scheme = ["http://", "https://"].first(where: {
                text.utf8.count > $0.utf8.count
                    && text.cut(toBytes: $0.utf8.count).lowercased() == $0
            })
        else { return nil }
        let authority = text.utf8.dropFirst(scheme.utf8.count).prefix {
            !"/?#".utf8.contains($0)
        }
        guard authority.allSatisfy(PublicURL.isPlain), let target = try? HTTPClientTarget(text)
        else {
            return nil
        }
        if let address = target.address {
            guard address.isPublic else { return nil }
            name = nil
        } else {
            guard PublicURL.mayBePublic(target.host) else { return nil }
            name = target.host
        }
    }

    /// Whether a byte may stand in a host and port.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._:[]".utf8.contains(byte)
        }
    }

    private static func mayBePublic(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, labels.allSatisfy({ !$0.isEmpty }), let last = labels.last else {
            return false
        }
        // No top-level domain begins with a digit, but every notation of an IPv4 address does.
        guard last.utf8.first.map({ (0x30...0x39).contains($0) }) == false else { return false }
        return !inner.contains { host.hasSuffix("." + $0) || host == $0 }
    }

    /// Domains that no public name server answers for.
    ///
    /// Source: <https://www.iana.org/assignments/special-use-domain-names>, RFC 6762 (`local` and
    /// its appendix G), and ICANN's reservation of `internal`.
    private static let inner = [
        "localhost", "local", "internal", "localdomain", "intranet", "private", "corp", "home",
        "lan",
        "home.arpa", "in-addr.arpa", "ip6.arpa", "test", "invalid", "onion", "alt",
    ]
}
