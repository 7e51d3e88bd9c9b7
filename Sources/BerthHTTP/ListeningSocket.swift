import BerthLoop
import CLinux
import Glibc

/// A listening socket.
///
/// ``close()`` or its deinit closes it and removes its path.
final class ListeningSocket {
    let descriptor: Int32
    private let address: ListenAddress
    private var isOpen = true

    /// The connections that may wait in the kernel to be accepted.
    private static let backlog: Int32 = 511

    init(_ address: ListenAddress) throws(HTTPServerError) {
        self.address = address
        switch address {
        case .tcp(let host, let port):
            descriptor = try ListeningSocket.tcp(host, port, address)
        case .unix(let path):
            descriptor = try ListeningSocket.unix(path, address)
        }
        guard listen(descriptor, ListeningSocket.backlog) == 0 else {
            let error = SystemError("listen")
            close()
            throw error.code == EADDRINUSE
                ? .addressInUse(address) : .cannotListen(address, error)
        }
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        if case .unix(let path) = address { unsafe unlink(path) }
        Glibc.close(descriptor)
    }

    /// Whether a connection waits to be accepted.
    var hasWaiting: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = unsafe poll(&entry, 1, 0)
        return isOpen && ready == 1
    }

    /// The port, or 0 for a Unix-domain socket.
    var port: Int {
        var storage = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return Int32(-1) }
            return unsafe getsockname(
                descriptor,
                base.assumingMemoryBound(to: sockaddr.self),
                &size
            )
        }
        let isIP = [AF_INET, AF_INET6].contains(Int32(storage.sin6_family))
        // The port is at the same offset in both kinds of address.
        return code == 0 && isIP ? Int(UInt16(bigEndian: storage.sin6_port)) : 0
    }

    // MARK: TCP

    private static func tcp(
        _ host: String,
        _ port: Int,
        _ address: ListenAddress
    ) throws(HTTPServerError) -> Int32 {
        guard let number = UInt16(exactly: port) else { throw .badAddress(address) }
        let host = host == "localhost" ? "127.0.0.1" : host
        var v4 = sockaddr_in()
        if unsafe inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = number.bigEndian
            return try bound(socket(AF_INET, of: address), to: &v4, address)
        }
        var v6 = sockaddr_in6()
        guard unsafe inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 else {
            throw .badAddress(address)
        }
        v6.sin6_family = sa_family_t(AF_INET6)
        v6.sin6_port = number.bigEndian
        return try bound(socket(AF_INET6, of: address), to: &v6, address)
    }

    private static func socket(
        _ family: Int32,
        of address: ListenAddress
    ) throws(HTTPServerError) -> Int32 {
        let descriptor = Glibc.socket(family, berth_stream_socket, 0)
        guard descriptor >= 0 else { throw .cannotListen(address, SystemError("socket")) }
        if family != AF_UNIX { setOptions(of: descriptor) }
        return descriptor
    }

    /// Sets options that accepted sockets inherit.
    ///
    /// They reveal a peer that vanished silently within a minute.
    private static func setOptions(of descriptor: Int32) {
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
        set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 60_000)
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        // Each option is a refinement, so the server works if a kernel refuses one.
        _ = unsafe setsockopt(
            descriptor,
            level,
            option,
            &value,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }

    private static func bound<Address>(
        _ descriptor: Int32,
        to name: inout Address,
        _ address: ListenAddress
    ) throws(HTTPServerError) -> Int32 {
        let size = socklen_t(MemoryLayout<Address>.size)
        let code = unsafe withUnsafePointer(to: &name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, size)
            }
        }
        guard code == 0 else {
            let error = SystemError("bind")
            Glibc.close(descriptor)
            throw error.code == EADDRINUSE ? .addressInUse(address) : .cannotListen(address, error)
        }
        return descriptor
    }

    // MARK: Unix-domain

    private static func unix(
        _ path: String,
        _ address: ListenAddress
    ) throws(HTTPServerError) -> Int32 {
        guard path.utf8.count <= 107 else { throw .pathTooLong(path) }
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .badAddress(address) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        try removeStale(path, name, address)
        let descriptor = try socket(AF_UNIX, of: address)
        // Linux gives the new path the mode of the socket at the time of the bind.
        fchmod(descriptor, 0o600)
        return try bound(descriptor, to: &name, address)
    }

    /// Removes the socket of a server that was killed.
    ///
    /// A socket that accepts connections is in use.
    private static func removeStale(
        _ path: String,
        _ name: sockaddr_un,
        _ address: ListenAddress
    ) throws(HTTPServerError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        let probe = try socket(AF_UNIX, of: address)
        defer { Glibc.close(probe) }
        let code = unsafe withUnsafePointer(to: name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code != 0, errno == ECONNREFUSED else { throw .addressInUse(address) }
        unsafe unlink(path)
    }
}
