package import BerthLoop
import CLinux
import Glibc

/// A client that sends exactly the given bytes, such as those of no well-behaved client.
///
/// Every method waits for the peer, at most ``patience``, on the loop of the server under test.
@Loop package final class RawClient {
    /// The time after which a test that waits for its peer fails, by the machine's clock.
    package nonisolated static let patience = Duration.seconds(30)

    private let descriptor: Int32
    private var watch: Watch?
    private let ready = Wakeup()
    private var buffer: [UInt8] = []
    private var isAtEnd = false
    private var isClosed = false

    /// The peer did not act in time.
    package struct TookTooLong: Error {
        /// The expected event, in words.
        package let waitedFor: String
        /// The first 500 bytes that were received and not read.
        package let received: String

        /// Makes the error of a test's own wait.
        package init(waitedFor: String, received: String) {
            self.waitedFor = waitedFor
            self.received = received
        }
    }

    /// The parts of an answer.
    package struct Response {
        /// The status, or 0 if there was no status line.
        package var status = 0
        /// The status line and the fields, with their line ends.
        package var head = ""
        /// The body, without the framing of chunks.
        package var body: [UInt8] = []
        /// Whether the whole body has come, by its chunks or its Content-Length.
        package var isWhole = false
        /// The body as UTF-8.
        package var text: String { String(decoding: body, as: UTF8.self) }

        /// The first field of that name, compared without case.
        package func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
                return String(parts[1].drop { $0 == " " })
            }
            return nil
        }
    }

    /// Connects to a TCP port of 127.0.0.1.
    package init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(
            AF_INET,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
            0
        )
        if var size = receiveBuffer {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(clamping: port).bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try connect(to: &name)
    }

    /// Connects to a Unix-domain socket.
    package init(path: String) throws {
        descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
            0
        )
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        try connect(to: &name)
    }

    private func connect<Address>(to name: inout Address) throws {
        let size = socklen_t(MemoryLayout<Address>.size)
        let code = unsafe withUnsafePointer(to: &name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, size)
            }
        }
        guard code == 0 || errno == EINPROGRESS else { throw SystemError("connect") }
        watch = try Watch(descriptor, for: []) { [weak self] _ in
            try? self?.watch?.change(to: [])
            self?.ready.signal()
        }
    }

    deinit { if !isClosed { Glibc.close(descriptor) } }

    // MARK: Sending

    /// Sends all of a text, however long the peer takes.
    package func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Sends all bytes, however long the peer takes.
    package func send(_ bytes: [UInt8]) async throws {
        var sent = 0
        while sent < bytes.count {
            let count = sendSome(bytes[sent...])
            if count < 0 { try await wait(for: .writable, "to send \(bytes.count) bytes") }
            sent += max(0, count)
        }
    }

    /// Sends the bytes that the kernel takes at once.
    ///
    /// - Returns: the number of bytes, or -1 if it takes none now or the peer has left.
    package func sendSome(_ bytes: ArraySlice<UInt8>) -> Int {
        if isClosed { return bytes.count }
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == ENOTCONN ? -1 : bytes.count
    }

    // MARK: Receiving

    /// Receives everything until the peer closes the connection.
    package func readToEnd() async throws -> [UInt8] {
        while !isAtEnd { try await receive("the end of the connection") }
        defer { buffer = [] }
        return buffer
    }

    /// Receives everything up to `text`, and `text` itself.
    package func read(until text: String) async throws -> String {
        while true {
            if let end = buffer.firstRange(of: Array(text.utf8))?.upperBound {
                defer { buffer.removeFirst(end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            if isAtEnd { throw TookTooLong(waitedFor: text, received: received) }
            try await receive(text)
        }
    }

    /// Sends `request` and reads its answer.
    package func ask(_ request: String) async throws -> Response {
        try await send(request)
        return try await response(hasBody: !request.hasPrefix("HEAD"))
    }

    /// Receives the next answer, which may be a `1xx` one.
    package func response(hasBody: Bool = true) async throws -> Response {
        var response = Response()
        response.head = try await read(until: "\r\n\r\n")
        response.status = Int(response.head.dropFirst(9).prefix(3)) ?? 0
        guard hasBody, response.status >= 200 else { return response }
        if response.header("Transfer-Encoding") != nil {
            try await readChunks(into: &response)
        } else if let length = response.header("Content-Length").flatMap({ Int($0) }) {
            while buffer.count < length, !isAtEnd { try await receive("\(length) bytes of body") }
            response.isWhole = buffer.count >= length
            response.body = Array(buffer.prefix(length))
            buffer.removeFirst(response.body.count)
        } else {
            response.body = try await readToEnd()
        }
        return response
    }

    private func readChunks(into response: inout Response) async throws {
        while true {
            guard let line = try? await read(until: "\r\n") else { return }
            guard let size = Int(line.dropLast(1), radix: 16) else { return }
            while buffer.count < size + 2, !isAtEnd { try await receive("a chunk of \(size)") }
            response.body += buffer.prefix(size)
            buffer.removeFirst(min(buffer.count, size + 2))
            if size == 0 {
                response.isWhole = true
                return
            }
        }
    }

    private func receive(_ what: String) async throws {
        if isClosed {
            isAtEnd = true
            return
        }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        if count > 0 {
            buffer += bytes[..<count]
        } else if count < 0, errno == EAGAIN || errno == ENOTCONN {
            try await wait(for: .readable, what)
        } else {
            isAtEnd = true
        }
    }

    private func wait(for readiness: Readiness, _ what: String) async throws {
        var isLate = false
        let patience = Patience { [ready] in
            isLate = true
            ready.signal()
        }
        defer { patience.end() }
        try watch?.change(to: readiness)
        try await ready.wait()
        if isLate { throw TookTooLong(waitedFor: what, received: received) }
    }

    private var received: String { String(decoding: buffer.prefix(500), as: UTF8.self) }

    // MARK: Ending

    /// Shuts down the sending direction.
    package func finishSending() { if !isClosed { shutdown(descriptor, Int32(SHUT_WR)) } }

    /// Closes the connection with a reset.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
        close()
    }

    /// Closes the connection, as the end of the client's process does.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        watch?.cancel()
        watch = nil
        Glibc.close(descriptor)
    }
}
