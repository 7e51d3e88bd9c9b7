import BerthLoop
import BerthMemory
import BerthTelemetry
import CCurl

/// One exchange with another server, from its request to the last byte of its answer.
///
/// curl's callbacks only change this object's state and signal ``bell``. The task of the reader
/// does the rest.
@Loop final class HTTPTransfer: HTTPResponseSource {
    let request: HTTPClientRequest
    let target: HTTPClientTarget
    private let pool: HTTPClientPool
    private let surroundings: Surroundings
    /// Signalled at each change, for the one reader.
    private let bell = Wakeup()
    /// The handle, or nil after the exchange has ended.
    private(set) var handle: HTTPClientHandle?
    private(set) var status = 0
    var headers = HTTPHeaders()
    /// Whether the header block of the final answer is complete.
    private var hasHead = false
    /// Whether the next line begins a header block, as at first and after an interim answer (1xx).
    private var isAtStatus = true
    private var headBytes = 0
    /// The bytes of the answer so far, including its header.
    private var received = 0
    /// Whether a byte of the answer has arrived.
    ///
    /// It may belong to a line that curl has not passed on yet.
    private var hasBegun = false
    private(set) var unread: [UInt8] = []
    private var isPaused = false
    /// Decodes the body, or nil if it is not coded.
    var decoder: ContentDecoder?
    /// The bytes that the reader has taken since it last waited.
    private var readInTurn = 0
    private var failure: HTTPClientError?
    private var deadline: Timer?
    /// The number of times that curl has begun to send the request.
    private var sends = 0
    private var sentBody = 0
    /// The bytes of the upload that curl has not taken yet.
    private var outgoing: ArraySlice<UInt8> = []
    /// Whether curl waits for more of the upload.
    private var wantsMore = false

    /// The unread bytes above which curl stops reading from the connection.
    nonisolated static let mostUnread = 16 << 10
    nonisolated static let mostHead = 64 << 10
    /// The bytes as which a line of the header counts beside its own, because the time to read it
    /// is about that of so many.
    nonisolated static let perLine = 32
    /// The bytes after which the reader gives way to other work, if they are all there.
    nonisolated static let mostInTurn = 64 << 10

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

    /// Waits for the final header block, at most until its deadlines.
    func head(connectedBy deadline: Instant) async throws(HTTPClientError) {
        limit(.connect, to: deadline - surroundings.clock.now)
        while !hasHead {
            if let failure { throw failure }
            if handle == nil { throw .cut(host: target.name, received: answered) }
            try await change()
        }
    }

    /// Gives curl the next piece of the upload.
    private func sendMore() async throws(HTTPClientError) {
        wantsMore = false
        var piece: [UInt8]?
        do { piece = try await request.upload?.next() } catch {
            // The failure below follows.
        }
        if let failure { throw failure }
        guard let piece, !piece.isEmpty else {
            let error =
                Task.isCancelled
                ? HTTPClientError.cancelled : .badRequest(reason: "its body cannot be read")
            fail(error)
            throw error
        }
        outgoing = piece[...]
        pool.resume(self)
    }

    /// Returns the next bytes of the body, or nil at its end.
    func next() async throws(HTTPClientError) -> [UInt8]? {
        // A decoded answer is all there at once.
        if readInTurn >= HTTPTransfer.mostInTurn {
            readInTurn = 0
            await Task.yield()
        }
        let piece = try await decoder == nil ? unreadBytes() : decodedBytes()
        readInTurn += piece?.count ?? 0
        return piece
    }

    /// Returns the next unread bytes as they came, or nil at the end.
    func unreadBytes() async throws(HTTPClientError) -> [UInt8]? {
        while unread.isEmpty {
            if let failure { throw failure }
            if handle == nil { return nil }
            limit(.stall, to: request.deadlines.stall)
            defer { deadline?.cancel() }
            try await change()
            readInTurn = 0
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
        if wantsMore { return try await sendMore() }
        do { try await bell.wait() } catch {
            fail(.cancelled)
            throw .cancelled
        }
    }

    /// Ends the exchange now, unless it has already ended.
    func fail(_ error: HTTPClientError) {
        guard !hasEnded else { return }
        failure = error
        if error == .cancelled { unread = [] }
        deadline?.cancel()
        bell.signal()
        pool.end(self)
    }

    /// The phase that a deadline limits.
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

    /// The connection is established.
    ///
    /// - Returns: false if the request must not be sent.
    ///
    /// If a pooled connection fails before any byte of an answer, curl sends the request again. A
    /// second repetition is refused, because the server may have acted on an earlier one.
    func connected() -> Bool {
        sends += 1
        let mayRepeat = !request.needsOwnConnection && !hasBegun
        guard sends == 1 || sends == 2 && mayRepeat, failure == nil else { return false }
        limit(.firstByte, to: request.deadlines.firstByte)
        return true
    }

    /// Notices the first byte of an answer before curl does.
    ///
    /// curl counts only whole lines. If a connection failed within the first line, curl would treat
    /// the request as unanswered.
    ///
    /// With TLS this is not possible, because a record does not reveal its content.
    func lookForAnswer(in socket: curl_socket_t) {
        guard !hasBegun, sends > 0, !target.isSecure else { return }
        hasBegun = berth_curl_has_data(socket) != 0
    }

    /// Takes a line of the header or the trailer.
    func take(header line: UnsafeRawBufferPointer) -> Bool {
        hasBegun = true
        received += line.count
        headBytes += line.count + HTTPTransfer.perLine
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
        if request.decodesBody { beginDecoding() }
        hasHead = true
        deadline?.cancel()
        bell.signal()
    }

    /// The received bytes for an error, at least 1 if any have arrived.
    var answered: Int { max(received, hasBegun ? 1 : 0) }

    /// The reply to curl about a piece of the body.
    enum Taking {
        case taken
        /// Too much is unread, so curl must offer the piece again after a resume.
        case later
        /// The exchange has failed.
        case refused
    }

    /// Takes a piece of the body of at most 16 KiB.
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
    ///
    /// - Returns: the number of bytes, 0 at the end, or curl's sign that it has to wait.
    func give(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        if let upload = request.upload { return unsafe give(upload, to: buffer) }
        let count = min(buffer.count, request.body.count - sentBody)
        unsafe request.body.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[sentBody..<sentBody + count])
            )
        }
        sentBody += count
        return count
    }

    private func give(_ upload: any HTTPUpload, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let left = upload.length - sentBody
        guard left > 0 else { return 0 }
        guard !outgoing.isEmpty else {
            wantsMore = true
            bell.signal()
            return Int(CURL_READFUNC_PAUSE)
        }
        let count = min(left, buffer.count, outgoing.count)
        let part = outgoing[..<(outgoing.startIndex + count)]
        unsafe part.withUnsafeBytes { unsafe buffer.copyMemory(from: $0) }
        outgoing = outgoing.dropFirst(part.count)
        sentBody += part.count
        return part.count
    }

    func rewind(to offset: Int) -> Bool {
        guard request.upload == nil, 0...request.body.count ~= offset else { return false }
        sentBody = offset
        return true
    }

    /// Whether the request may connect to `address`, as curl is about to do.
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

    /// Hands the handle over to the pool.
    func giveUpHandle() -> HTTPClientHandle? {
        defer { handle = nil }
        return handle
    }
}
