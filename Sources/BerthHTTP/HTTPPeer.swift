import CLinux
import CMicrohttpd
import Glibc

/// The peer of a connection.
package enum HTTPPeer: Hashable, Sendable {
    /// An IP address. It is the client's own behind a trusted proxy, and any other proxy's.
    ///
    /// An IPv4 address has its own form on an IPv6 socket too.
    case network(address: String)
    /// A process of this machine, as it was at `connect`. The kernel vouches for it (SO_PEERCRED).
    case local(uid: UInt32, pid: Int32)
}

extension HTTPPeer {
    /// Makes the peer of an accepted connection, or nil if its address is not an IP address.
    init?(address: UnsafePointer<sockaddr>?) {
        var text = [CChar](repeating: 0, count: 46)
        guard unsafe berth_address_text(address, &text, socklen_t(text.count)) != 0 else {
            return nil
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        self = .network(address: String(decoding: bytes, as: UTF8.self))
    }

    /// Makes the peer at the other end of a Unix-domain socket.
    init(processAt descriptor: Int32) {
        var credentials = berth_credentials(pid: 0, uid: .max, gid: .max)
        var size = socklen_t(MemoryLayout<berth_credentials>.size)
        // If the call fails, the uid stays one that no user has.
        _ = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size)
        self = .local(uid: credentials.uid, pid: credentials.pid)
    }

    /// The text under which connections of this client are counted together.
    ///
    /// It is an IPv4 address, or the /64 of an IPv6 address, because a single customer of a network
    /// has a /64. It is nil for this machine, whose clients are not counted.
    var countedAddress: String? {
        guard case .network(let address) = self else { return nil }
        guard address.utf8.contains(UInt8(ascii: ":")) else {
            return address.hasPrefix("127.") ? nil : address
        }
        guard let long = IPAddress(address), !long.isLoopback else { return nil }
        let network = Array(long.bytes.prefix(8)) + [UInt8](repeating: 0, count: 8)
        return IPAddress(bytes: network).map { "\($0)/64" }
    }
}
