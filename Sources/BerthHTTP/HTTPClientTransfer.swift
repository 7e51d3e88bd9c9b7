import BerthLoop
import BerthMemory
import BerthTelemetry
import CCurl

/// One exchange, from its request to the last byte of its answer.
///
/// curl's callbacks only change what is here and ring ``bell``; the reader's task does the rest.
@Loop final class HTTPTransfer: HTTPResponseSource {
    let request: HTTPClientRequest
    let target: HTTPClientTarget
    private let pool: HTTPClientPool
    private let surroundings: Surroundings
    /// Rung at each change; the one reader waits for it.
    private let bell = Wakeup()
    /// nil when the exchange has ended.
    private(set) var handle: HTTPClientHandle?
    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    /// Whether the final answer's header block is complete.
    private var hasHead = false
    /// Whether the next line begins a header block: at first, and after an interim one (1xx).
    private var isAtStatus = true
    private var headBytes = 0
    /// Bytes of the answer so far, header included.
    private var received = 0
    /// Whether a byte of the answer has arrived, which may be part of a line that curl still holds.
    private var hasBegun = false
    private(set) var unread: [UInt8] = []
    private var isPaused = false
    private var failure: HTTPClientError?
    private var deadline: Timer?
    /// How often curl has begun to send the request.
    private var sends = 0
    private var sentBody = 0

    /// With more unread bytes than this curl stops to read from the connection.
    nonisolated static let mostUnread = 16 << 10
    nonisolated static let mostHead = 64 << 10

    init(
        _ request: HTTPClientRequest,
        to target: HTTPClientTarget,
        on handle: HTTPClientHandle,
        of pool: HTTPClientPool,
        in surroundings: Surroundings
    ) {
        self.request = request
        self.target = target
        self.handle = handle
        self.pool = pool
        self.surroundings = surroundings
    }

    var hasEnded: Bool { handle == nil || failure != nil }

    var unreadCount: Int { unread.count }

    var host: String { target.name }

    var hasBody: Bool { request.method != "HEAD" }

    // MARK: The reader's side

    /// Waits for the final header block, at most until the deadlines.
    func head(connectedBy deadline: Instant) async throws(HTTPClientError) {
        limit(.connect, to: deadline - surroundings.clock.now)
        while !hasHead {
            if let failure { throw failure }
            if handle == nil { throw .cut(host: target.name, received: answered) }
            try await change()
        }
    }

    /// The next unread bytes; nil at the end.
    func next() async throws(HTTPClientError) -> [UInt8]? {
        while unread.isEmpty {
            if let failure { throw failure }
            if handle == nil { return nil }
            limit(.stall, to: request.deadlines.stall)
            defer { deadline?.cancel() }
            try await change()
        }
        let piece = unread
        unread = []
        if isPaused {
            isPaused = false
            pool.resume(self)
        }
        return piece
    }

    private func change() async throws(HTTPClientError) {
        do { try await bell.wait() } catch {
            fail(.cancelled)
            throw .cancelled
        }
    }

    /// Ends the exchange now, unless it has ended.
    func fail(_ error: HTTPClientError) {
        guard !hasEnded else { return }
        failure = error
        if error == .cancelled { unread = [] }
        deadline?.cancel()
        bell.signal()
        pool.end(self)
    }

    /// What a deadline is set for.
    private enum Wait {
        case connect
        case firstByte
        case stall
    }

    private func limit(_ wait: Wait, to duration: Duration) {
        deadline?.cancel()
        deadline = surroundings.clock.schedule(after: duration) { [weak self] in self?.expire(wait)
        }
    }

    private func expire(_ wait: Wait) {
        let (host, limits) = (target.name, request.deadlines)
        switch wait {
        case .connect: fail(.connectTimeout(host: host, after: limits.connect))
        case .firstByte:
            fail(.firstByteTimeout(host: host, after: limits.firstByte, received: answered))
        case .stall: fail(.stalled(host: host, after: limits.stall))
        }
    }

    // MARK: curl's side

    /// The connection stands; false: do not send.
    ///
    /// curl sends a request again when a pooled connection has died under it before any byte of an
    /// answer; more than once is once too often, because the first may have been acted on.
    func connected() -> Bool {
        sends += 1
        guard sends == 1 || sends == 2 && !hasBegun, failure == nil else { return false }
        limit(.firstByte, to: request.deadlines.firstByte)
        return true
    }

    /// Sees an answer's first byte before curl does, which counts whole lines only and would take a
    /// connection that dies in the midst of the first one for an unanswered one.
    ///
    /// Not for TLS, whose records say nothing.
    func lookForAnswer(in socket: curl_socket_t) {
        guard !hasBegun, sends > 0, !target.isSecure else { return }
        hasBegun = berth_curl_has_data(socket) != 0
    }

    /// A line of the header, or of the trailer.
    func take(header line: UnsafeRawBufferPointer) -> Bool {
        hasBegun = true
        received += line.count
        headBytes += line.count
        guard failure == nil else { return false }
        guard headBytes <= HTTPTransfer.mostHead else {
            fail(.tooLarge(host: target.name, limit: ByteCount(HTTPTransfer.mostHead)))
            return false
        }
        if !hasHead { read(unsafe HTTPHeaderLine(line)) }
        return true
    }

    private func read(_ line: HTTPHeaderLine) {
        if isAtStatus {
            (status, isAtStatus, headers) = (line.status, false, HTTPHeaders())
        } else if line.isEmpty {
            endHead()
        } else if let (name, value) = line.field {
            headers.add(name, value)
        }
    }

    private func endHead() {
        isAtStatus = (100..<200).contains(status) && status != 101
        if isAtStatus { return }
        if request.acceptsGzip, headers["content-encoding"] != nil {
            headers["content-encoding"] = nil
            headers["content-length"] = nil
        }
        hasHead = true
        deadline?.cancel()
        bell.signal()
    }

    /// Bytes of the answer that have come, for an error: at least 1 where any has.
    var answered: Int { max(received, hasBegun ? 1 : 0) }

    /// What curl is told about a piece of the body.
    enum Taking {
        case taken
        /// To be offered again when it is resumed: too much is unread.
        case later
        /// The exchange has failed.
        case refused
    }

    /// A piece of the body, at most 16 KiB.
    func take(body bytes: UnsafeRawBufferPointer) -> Taking {
        guard failure == nil else { return .refused }
        guard unread.isEmpty || unread.count + bytes.count <= HTTPTransfer.mostUnread else {
            isPaused = true
            return .later
        }
        received += bytes.count
        unsafe unread.append(contentsOf: bytes)
        bell.signal()
        return .taken
    }

    /// Copies the next part of the body into curl's buffer.
    func give(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, request.body.count - sentBody)
        unsafe request.body.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[sentBody..<sentBody + count])
            )
        }
        sentBody += count
        return count
    }

    func rewind(to offset: Int) -> Bool {
        guard 0...request.body.count ~= offset else { return false }
        sentBody = offset
        return true
    }

    /// Whether the request may connect to `address`, which curl is about to.
    func mayReach(_ address: IPAddress?) -> Bool {
        if let address, address.isPublic { return true }
        fail(.forbiddenAddress(host: target.name, address: address.map { "\($0)" } ?? "?"))
        return false
    }

    /// curl has ended the exchange.
    func finish(with code: CURLcode) {
        guard !hasEnded else { return }
        if code != CURLE_OK { return fail(error(of: code)) }
        deadline?.cancel()
        pool.end(self)
        bell.signal()
    }

    /// Leaves the handle to the pool.
    func giveUpHandle() -> HTTPClientHandle? {
        defer { handle = nil }
        return handle
    }
}
