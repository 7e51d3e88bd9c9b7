import CCurl
import Glibc

/// A numeric IPv4 or IPv6 address.
package struct IPAddress: Hashable, Sendable {
    /// The 4 or 16 bytes in network order.
    package let bytes: [UInt8]

    /// Makes an address from its bytes, or nil if there are not 4 or 16.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads `192.0.2.1` or `2001:db8::1`, without brackets.
    ///
    /// - Returns: nil if `text` is no address.
    package init?(_ text: String) {
        let isLong = text.utf8.contains(UInt8(ascii: ":"))
        var bytes = [UInt8](repeating: 0, count: isLong ? 16 : 4)
        let code = unsafe inet_pton(isLong ? AF_INET6 : AF_INET, text, &bytes)
        guard code == 1 else { return nil }
        self.bytes = bytes
    }

    /// Whether the address belongs to the public internet.
    ///
    /// The blocks in IANA's special-purpose registries are not public: loopback, private,
    /// link-local, shared, documentation, multicast and reserved. In IPv6 only 2000::/3 can be
    /// public, and 64:ff9b::/96 (NAT64) if the embedded IPv4 address is public. Mapped and 6to4
    /// addresses are never public, so they cannot disguise an internal address.
    ///
    /// Source: <https://www.iana.org/assignments/iana-ipv4-special-registry> and its IPv6
    /// counterpart.
    package var isPublic: Bool {
        if bytes.count == 4 { return !IPAddress.special4.contains { $0.holds(bytes) } }
        if IPAddress.nat64.holds(bytes) {
            return IPAddress(bytes: Array(bytes[12...]))?.isPublic ?? false
        }
        return IPAddress.global6.holds(bytes) && !IPAddress.special6.contains { $0.holds(bytes) }
    }

    /// Whether both addresses are of one version and begin with the same `length` bits.
    func shares(_ length: Int, with other: IPAddress) -> Bool {
        bytes.count == other.bytes.count && IPAddress.share(length, of: bytes, and: other.bytes)
    }

    /// Whether the address belongs to this machine: 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        bytes.count == 4
            ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// The IPv4 address that an IPv6 address of the form `::ffff:192.0.2.1` stands for, or else the
    /// address itself.
    var unmapped: IPAddress {
        guard bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 255,
            bytes[11] == 255
        else { return self }
        return IPAddress(bytes: Array(bytes[12...])) ?? self
    }

    private static func share(_ length: Int, of bytes: [UInt8], and address: [UInt8]) -> Bool {
        for (index, byte) in bytes.enumerated() where 8 * index < length {
            let bits = min(8, length - 8 * index)
            let mask = ~UInt8(truncatingIfNeeded: 0xFF >> bits)
            guard (address[index] ^ byte) & mask == 0 else { return false }
        }
        return true
    }

    /// A block of addresses that begin with the same bits.
    private struct Block: Sendable {
        let bytes: [UInt8]
        let length: Int

        init(_ length: Int, _ bytes: UInt8...) {
            self.bytes = bytes
            self.length = length
        }

        func holds(_ address: [UInt8]) -> Bool {
            IPAddress.share(length, of: bytes, and: address)
        }
    }

    private static let special4 = [
        Block(8, 0), Block(8, 10), Block(10, 100, 64), Block(8, 127), Block(16, 169, 254),
        Block(12, 172, 16), Block(24, 192, 0, 0), Block(24, 192, 0, 2), Block(24, 192, 31, 196),
        Block(24, 192, 52, 193), Block(24, 192, 88, 99), Block(16, 192, 168),
        Block(24, 192, 175, 48), Block(15, 198, 18), Block(24, 198, 51, 100),
        Block(24, 203, 0, 113),
        Block(4, 224), Block(4, 240),
    ]
    private static let global6 = Block(3, 0x20)
    private static let nat64 = Block(96, 0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0)
    private static let special6 = [
        Block(23, 0x20, 0x01, 0x00), Block(32, 0x20, 0x01, 0x0D, 0xB8), Block(16, 0x20, 0x02),
        Block(48, 0x26, 0x20, 0x00, 0x4F, 0x80, 0x00), Block(20, 0x3F, 0xFF, 0x00),
    ]
}

extension IPAddress: CustomStringConvertible {
    /// The usual text form, without brackets.
    package var description: String {
        var text = [CChar](repeating: 0, count: 64)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        let done = unsafe inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil
        guard done else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
