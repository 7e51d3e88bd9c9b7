import CLinux
import CMicrohttpd
import Glibc

/// The peer of a connection.
package enum HTTPPeer: Hashable, Sendable {
    /// An IP address. Behind a proxy it is the proxy's.
    ///
    /// An IPv4 address has its own form on an IPv6 socket too.
    case network(address: String)
    /// A process of this machine, as it was at `connect`. The kernel vouches for it (SO_PEERCRED).
    case local(uid: UInt32, pid: Int32)
}

extension HTTPPeer {
    /// Makes the peer of the connection at `descriptor`.
    init(descriptor: Int32) {
        var text = [CChar](repeating: 0, count: 46)
        guard unsafe berth_peer_address(descriptor, &text, socklen_t(text.count)) != 0 else {
            self = HTTPPeer(processAt: descriptor)
            return
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        self = .network(address: String(decoding: bytes, as: UTF8.self))
    }

    private init(processAt descriptor: Int32) {
        var credentials = berth_credentials(pid: 0, uid: .max, gid: .max)
        var size = socklen_t(MemoryLayout<berth_credentials>.size)
        // If the call fails, the uid stays one that no user has.
        _ = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size)
        self = .local(uid: credentials.uid, pid: credentials.pid)
    }
}
