package import BerthLoop
import CLinux
import Glibc

/// A TCP or Unix-domain server that plays a script on each connection, byte by byte.
///
/// It can have faults that no real server has.
@Loop package final class ScriptedServer {
    /// The script of one connection, which is closed when the script returns or throws.
    package typealias Script = @Loop @Sendable (ScriptedConnection) async throws -> Void

    /// The port on 127.0.0.1, or 0 for a Unix-domain socket.
    package let port: Int
    /// Every connection so far, in the order of their arrival.
    package private(set) var connections: [ScriptedConnection] = []
    private let descriptor: Int32
    private let script: Script
    private let pool = TaskPool()
    private var watch: Watch?

    /// Listens on a free port of 127.0.0.1, or on a Unix-domain socket.
    ///
    /// - Throws: ``SystemError`` if it cannot listen.
    package init(unixSocket path: String? = nil, _ script: @escaping Script) throws {
        self.script = script
        descriptor = try path.map { try Socket.listen(at: $0) } ?? Socket.listen()
        port = path == nil ? Socket.port(of: descriptor) : 0
        watch = try Watch(descriptor, for: .readable) { [weak self] _ in self?.accept() }
    }

    /// `http://127.0.0.1:<port>`.
    package var url: String { "http://127.0.0.1:\(port)" }

    /// Cancels running scripts and closes all sockets.
    package func stop() async {
        watch?.cancel()
        watch = nil
        close(descriptor)
        pool.cancelAll()
        await pool.drain()
    }

    private func accept() {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { return }
        let connection = ScriptedConnection(accepted, index: connections.count)
        connections.append(connection)
        let script = script
        pool.spawn {
            try? await script(connection)  // a script ends as it likes
            connection.close()
        }
    }
}

/// One connection of a ``ScriptedServer``.
@Loop package final class ScriptedConnection {
    /// The connection's number, 0 for the server's first.
    package let index: Int
    /// Requests read so far.
    package private(set) var requests: [ScriptedRequest] = []
    /// Bytes that the kernel has taken from the script.
    package private(set) var sent = 0
    /// Whether the peer has closed its side, as far as the script has read.
    package private(set) var isPeerGone = false
    private var descriptor: Int32
    private var pending: [UInt8] = []

    init(_ descriptor: Int32, index: Int) {
        self.descriptor = descriptor
        self.index = index
    }

    /// Reads the next request, with a body of the length that it announces.
    @discardableResult
    package func request() async throws -> ScriptedRequest {
        while true {
            if let (request, length) = ScriptedRequest.parse(pending) {
                pending.removeFirst(length)
                requests.append(request)
                return request
            }
            pending += try await read()
        }
    }

    /// Sends all of `bytes`, and waits while the peer does not read.
    package func send(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                try await ready(.writable)
            } else {
                throw SystemError("send")
            }
        }
    }

    /// Sends a text as it is, including its line ends.
    package func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Sends one byte in each turn of the loop, each in its own packet.
    package func drip(_ text: String) async throws {
        for byte in text.utf8 {
            try await send([byte])
            await Task.yield()
        }
    }

    /// Sends a plain answer with its length.
    package func answer(_ body: String, status: String = "200 OK", fields: String = "") async throws
    {
        try await send(
            "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
        )
    }

    /// Waits until the peer closes or the server is stopped, and drops all received bytes.
    package func untilClosed() async throws {
        do { while true { _ = try await read() } } catch is EndOfInput {}
    }

    /// Closes the connection properly.
    package func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Closes the connection with a RST.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, size)
        close()
    }

    private struct EndOfInput: Error {}

    private func read() async throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe recv(
                descriptor,
                &buffer,
                buffer.count,
                Int32(MSG_DONTWAIT)
            )
            if count > 0 { return Array(buffer[..<count]) }
            guard count < 0, errno == EAGAIN else {
                isPeerGone = true
                throw EndOfInput()
            }
            try await ready(.readable)
        }
    }

    private func ready(_ readiness: Readiness) async throws {
        let bell = Wakeup()
        let watch = try Watch(descriptor, for: readiness) { _ in bell.signal() }
        defer { watch.cancel() }
        try await bell.wait()
    }
}

/// A request as a scripted server has read it.
package struct ScriptedRequest: Sendable {
    /// The request line and the fields, with their line ends.
    package let head: String
    /// The body, of the length in Content-Length.
    package let body: [UInt8]

    /// The value of the first field called `name`, which is compared without case.
    package subscript(name: String) -> String? {
        for line in head.split(separator: "\r\n") {
            let parts = line.split(
                separator: ":",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
            return String(parts[1].drop { $0 == " " })
        }
        return nil
    }

    /// Takes a request from the start of `bytes`, or returns nil while it is incomplete.
    static func parse(_ bytes: [UInt8]) -> (ScriptedRequest, length: Int)? {
        let blank: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        var end = 4
        while end <= bytes.count, !bytes[(end - 4)..<end].elementsEqual(blank) { end += 1 }
        guard end <= bytes.count else { return nil }
        let head = ScriptedRequest(head: String(decoding: bytes[..<end], as: UTF8.self), body: [])
        let length = end + (head["content-length"].flatMap { Int($0) } ?? 0)
        guard bytes.count >= length else { return nil }
        return (ScriptedRequest(head: head.head, body: Array(bytes[end..<length])), length)
    }
}

/// Listening sockets.
private enum Socket {
    static func listen() throws -> Int32 {
        let descriptor = try make(AF_INET)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try bind(descriptor, &address)
        return descriptor
    }

    static func listen(at path: String) throws -> Int32 {
        let descriptor = try make(AF_UNIX)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: path.utf8)
        }
        try bind(descriptor, &address)
        return descriptor
    }

    static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe getsockname(descriptor, $0, &size)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func make(_ family: Int32) throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        // It is small, so a test of backpressure sees the client's buffers and not the kernel's.
        var size: Int32 = 128 << 10
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_SNDBUF,
            &size,
            socklen_t(MemoryLayout<Int32>.size)
        )
        return descriptor
    }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) throws {
        let size = socklen_t(MemoryLayout<Address>.size)
        let code = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, size)
            }
        }
        guard code == 0, Glibc.listen(descriptor, 64) == 0 else { throw SystemError("bind") }
    }
}
