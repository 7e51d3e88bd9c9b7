import BerthLoop
import BerthMemory
import CMicrohttpd

/// One request and its answer, between the calls of libmicrohttpd and the task of the handler.
///
/// libmicrohttpd calls ``proceed(method:)``, ``receive(_:)`` and ``send(into:)`` within `MHD_run`.
/// The task acts between two of these calls and then resumes the connection. libmicrohttpd holds
/// the exchange from the request line to ``end(wasAnswered:)``.
@safe @Loop final class HTTPServerExchange: HTTPRequestLink {
    /// The stage of the exchange, which never goes back.
    enum Stage {
        /// The header is arriving.
        case header
        /// The client waits for `100 Continue`, which is sent when the handler asks for the body.
        case expecting
        /// The body is arriving.
        case body
        /// The request is complete, and the handler works on it.
        case waiting
        /// The request was refused while its body arrives. The rest of the body is discarded.
        case refused
        /// libmicrohttpd sends the answer.
        case answering
        case ended
    }

    let connection: HTTPServerConnection
    let server: HTTPServer
    let target: String
    private let bodyLimit: ByteCount
    // It is unsafe only as a C pointer. It is used on the loop alone and not after the end.
    nonisolated(unsafe) let handle: OpaquePointer
    var stage = Stage.header
    private(set) var isSuspended = false
    private(set) var isGone = false

    private(set) var id = ""
    private(set) var request: HTTPRequest?
    private var answer: HTTPResponse?
    private(set) var writer: HTTPResponseWriter?
    private(set) var task: Task<Void, Never>?
    private var listeners: [Wakeup] = []
    private(set) var received = 0
    var discarded = 0
    /// Whether the client understands an interim answer, as HTTP/1.1 demands.
    private(set) var takesInterim = false
    /// Whether the answer is a stream of server-sent events.
    private(set) var isEventStream = false
    /// The address for which a trusted proxy forwards the request, as long as it is counted.
    private var countedAddress: String?
    /// The movement of a chunked body, for ``checkChunks()``.
    var chunks = ChunkWatch()

    init(
        _ handle: OpaquePointer,
        target: String,
        connection: HTTPServerConnection,
        server: HTTPServer
    ) {
        unsafe self.handle = handle
        self.target = target
        bodyLimit = server.limits.body(of: target)
        self.connection = connection
        self.server = server
        connection.exchange = self
    }

    /// Whether the header is complete and the answer is not.
    var isOpen: Bool { stage != .header && stage != .ended }

    /// Whether its connection may give way to another: its header or body is still arriving, and
    /// nobody works on it.
    var mayYield: Bool {
        switch stage {
        case .header, .refused, .ended: true
        case .body: answer != nil
        case .expecting, .waiting, .answering: false
        }
    }

    /// Whether libmicrohttpd has the answer.
    ///
    /// It then notices itself if the answer cannot be sent.
    var isAnswering: Bool { stage == .answering }

    // MARK: Called by libmicrohttpd

    /// The header or the whole request has arrived, or the connection was resumed at that point.
    ///
    /// - Returns: false to close the connection.
    func proceed(method: String, takesInterim: Bool) -> Bool {
        server.progressed()
        self.takesInterim = takesInterim
        return switch stage {
        case .header: begin(method: method)
        case .expecting: expect()
        case .body, .waiting: complete()
        case .answering: true
        case .refused, .ended: false
        }
    }

    /// Takes a piece of the body.
    ///
    /// - Returns: the number of bytes taken, or nil to close the connection.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int? {
        server.progressed()
        chunks.hasMoved = true
        guard stage != .refused else { return discard(bytes.count) }
        guard received + bytes.count <= bodyLimit.bytes else {
            refuseLate(.bodyTooLarge(limit: bodyLimit))
            return bytes.count
        }
        if let body = request?.body, answer == nil, !isGone {
            guard body.hasRoom else {
                connection.pause(at: server.now)
                suspend()
                return 0
            }
            unsafe body.receive(bytes)
        }
        received += bytes.count
        return bytes.count
    }

    /// Copies the next bytes of a streamed answer into `buffer`.
    func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let writer, !isGone else { return berth_mhd_end_with_error }
        progressed()
        switch unsafe writer.read(into: buffer) {
        case .bytes(let count): return count
        case .finished: return berth_mhd_end_of_stream
        case .failed: return berth_mhd_end_with_error
        case .none:
            connection.deadline = nil
            suspend()
            return 0
        }
    }

    /// The client has taken bytes of the answer.
    func progressed() {
        server.progressed()
        connection.deadline = server.now + server.limits.writeDeadline
    }

    /// libmicrohttpd has finished the request, and the handle is no longer valid.
    func end(wasAnswered: Bool) {
        server.progressed()
        let wasOpen = isOpen
        stage = .ended
        isSuspended = false
        if wasAnswered { notifyListeners() } else { leave() }
        request?.ended()
        connection.served(at: server.now, until: server.now + server.limits.idleDeadline)
        server.addresses.release(countedAddress)
        countedAddress = nil
        server.ended(self, wasOpen: wasOpen)
    }

    // MARK: The request

    private func begin(method: String) -> Bool {
        server.began()
        connection.deadline = nil
        stage = .waiting
        let headers = unsafe HTTPServerRequestHeader.fields(of: handle)
        id = server.requestID(from: headers["x-request-id"])
        let framing: HTTPServerFraming
        do { framing = try HTTPServerFraming(headers) } catch { return refuse(400, error.reason) }
        guard unsafe HTTPServerRequestHeader.leavesRoom(handle, headers, in: server.limits) else {
            return refuseLate(431, "The request's header is too large.")
        }
        guard let target = HTTPTarget(target) else {
            return refuse(400, "The path is not validly percent-encoded.")
        }
        if let length = framing.length, length > bodyLimit.bytes {
            return refuse(.bodyTooLarge(limit: bodyLimit), framing)
        }
        let peer = client(headers)
        // A connection that is no proxy's is counted itself.
        let address = connection.isProxy && peer != connection.peer ? peer.countedAddress : nil
        guard server.addresses.allows(address) else {
            return refuse(.tooManyRequests(limit: server.limits.connectionsPerAddress), framing)
        }
        server.addresses.add(address)
        countedAddress = address
        let body = HTTPBody(length: framing.length, exchange: self)
        let head = HTTPRequestHead(
            method: method,
            target: target,
            headers: headers,
            id: id,
            peer: peer,
            received: server.now
        )
        let request = HTTPRequest(head, body: body, exchange: self)
        self.request = request
        return framing.hasBody ? expectBody(of: request, framing) : true
    }

    /// The client of the request, which a trusted proxy names.
    private func client(_ headers: HTTPHeaders) -> HTTPPeer {
        guard connection.isProxy else { return connection.peer }
        return server.limits.trustedProxies.client(of: connection.peer, headers)
    }

    private func expectBody(of request: HTTPRequest, _ framing: HTTPServerFraming) -> Bool {
        if framing.length == nil { server.watchChunks(of: self) }
        if framing.expectsContinue {
            stage = .expecting
            suspend()
            start(request)
            return true
        }
        readBody()
        if let length = framing.length, length <= HTTPServerLimits.unreadBody.bytes {
            server.startSoon(self)
        } else {
            start(request)
        }
        return true
    }

    /// Starts the handler, unless it was started before.
    ///
    /// A small body mostly arrives with its header, so a handler that starts later finds it whole.
    func startUnlessStarted() { if task == nil, stage == .body, let request { start(request) } }

    private func readBody() {
        stage = .body
        connection.deadline = server.now + server.limits.bodyDeadline(of: target)
    }

    private func expect() -> Bool {
        if isGone { return false }
        if let answer { return queue(answer) }
        if request?.body.isWanted == true { readBody() } else { suspend() }
        return true
    }

    private func complete() -> Bool {
        if let request, stage == .body || task == nil {
            stage = .waiting
            connection.deadline = nil
            request.body.end()
            if task == nil { start(request) }
        }
        if isGone { return false }
        if let answer { return queue(answer) }
        suspend()
        return true
    }

    // MARK: The handler

    private func start(_ request: HTTPRequest) {
        task = server.tasks.begin { await self.work(on: request) }
    }

    private func work(on request: HTTPRequest) async {
        var response = await server.handler(request)
        // libmicrohttpd would end a streamed body, but HEAD must have none. It sends the length of
        // one whose length is known, and does not ask for the body.
        let isHead = request.method == "HEAD"
        if isHead, response.length == nil, case .stream = response.body {
            response.body = .bytes([])
        }
        guard [.expecting, .body, .waiting].contains(stage), !isGone else { return }
        answer = response
        guard !isHead, case .stream(let write) = response.body else { return resume() }
        let writer = HTTPResponseWriter(exchange: self)
        self.writer = writer
        resume()
        do {
            try await write(writer)
            writer.finish()
        } catch {
            if !isGone { server.streamFailed(id, error) }
            writer.fail()
        }
    }

    func bodyIsWanted() { if stage == .expecting { resume() } }

    func bodyWasTaken() { if stage == .body { resume() } }

    func hasMoreToSend() { if stage == .answering { resume() } }

    // MARK: Leaving

    /// The client has closed its side, or the server ends at once.
    func clientLeft() {
        endChunksSoon()
        leave()
        resume()
    }

    /// Returns when the client has left or the exchange has ended.
    func left() async {
        guard !isGone, stage != .ended else { return }
        let listener = Wakeup()
        listeners.append(listener)
        try? await listener.wait()  // a cancelled wait ends too
        listeners.removeAll { $0 === listener }
    }

    private func leave() {
        guard !isGone else { return }
        isGone = true
        task?.cancel()
        request?.body.fail(.clientGone)
        writer?.clientLeft()
        notifyListeners()
    }

    private func notifyListeners() {
        for listener in listeners { listener.signal() }
        listeners = []
    }

    // MARK: The connection

    func queue(_ response: HTTPResponse, isLast: Bool = false) -> Bool {
        var response = response
        if let request { HTTPServerAnswer.compress(&response, for: request) }
        guard let answer = HTTPServerAnswer(response, exchange: self) else { return false }
        // libmicrohttpd has the bytes that it sends, so a compressed text is not held twice.
        self.answer?.body = .bytes([])
        for field in response.headers where !answer.add(field.name, field.value) {
            server.droppedField(field.name, id)
        }
        answer.addOwn("x-request-id", id)
        if isLast || server.isStopping { answer.addOwn("Connection", "close") }
        stage = .answering
        isEventStream = response.isEventStream
        progressed()
        if let request { server.log(request, response.status) }
        return unsafe answer.queue(on: handle, status: response.status)
    }

    func suspend() {
        guard !isSuspended else { return }
        isSuspended = true
        unsafe MHD_suspend_connection(handle)
    }

    func resume() {
        guard isSuspended else { return }
        isSuspended = false
        connection.resume(at: server.now)
        unsafe MHD_resume_connection(handle)
        server.wake()
    }
}
