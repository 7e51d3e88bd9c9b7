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
    private enum Stage {
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
    private let server: HTTPServer
    private let target: String
    // It is unsafe only as a C pointer. It is used on the loop alone and not after the end.
    private nonisolated(unsafe) let handle: OpaquePointer
    private var stage = Stage.header
    private var isSuspended = false
    private(set) var isGone = false

    private var id = ""
    private var request: HTTPRequest?
    private var answer: HTTPResponse?
    private var writer: HTTPResponseWriter?
    private var task: Task<Void, Never>?
    private var listeners: [Wakeup] = []
    private var received = 0
    private var discarded = 0

    init(
        _ handle: OpaquePointer,
        target: String,
        connection: HTTPServerConnection,
        server: HTTPServer
    ) {
        unsafe self.handle = handle
        self.target = target
        self.connection = connection
        self.server = server
        connection.exchange = self
    }

    /// Whether the header is complete and the answer is not.
    var isOpen: Bool { stage != .header && stage != .ended }

    /// Whether libmicrohttpd has the answer.
    ///
    /// It then notices itself if the answer cannot be sent.
    var isAnswering: Bool { stage == .answering }

    // MARK: Called by libmicrohttpd

    /// The header or the whole request has arrived, or the connection was resumed at that point.
    ///
    /// - Returns: false to close the connection.
    func proceed(method: String) -> Bool {
        server.progressed()
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
        guard stage != .refused else { return discard(bytes.count) }
        guard received + bytes.count <= server.limits.body.bytes else {
            refuseLate(.bodyTooLarge(limit: server.limits.body))
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
        let wasOpen = isOpen
        stage = .ended
        isSuspended = false
        if wasAnswered { notifyListeners() } else { leave() }
        request?.ended()
        connection.served(until: server.now + server.limits.idleDeadline)
        if connection.isPeerGone { connection.close() }
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
        if let length = framing.length, length > server.limits.body.bytes {
            return refuseTooLarge(framing)
        }
        let body = HTTPBody(length: framing.length, exchange: self)
        let head = HTTPRequestHead(
            method: method,
            target: target,
            headers: headers,
            id: id,
            peer: connection.peer,
            received: server.now
        )
        let request = HTTPRequest(head, body: body, exchange: self)
        self.request = request
        return framing.hasBody ? expectBody(of: request, framing) : true
    }

    private func expectBody(of request: HTTPRequest, _ framing: HTTPServerFraming) -> Bool {
        if framing.expectsContinue {
            stage = .expecting
            suspend()
            start(request)
            return true
        }
        readBody()
        let isSmall = framing.length.map { $0 <= HTTPServerLimits.unreadBody.bytes } ?? false
        if isSmall { server.startSoon(self) } else { start(request) }
        return true
    }

    /// Starts the handler, unless it was started before.
    ///
    /// A small body mostly arrives with its header, so a handler that starts later finds it whole.
    func startUnlessStarted() { if task == nil, stage == .body, let request { start(request) } }

    private func readBody() {
        stage = .body
        connection.deadline = server.now + server.limits.bodyDeadline
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
        if isGone || connection.isPeerGone { return false }
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
        // libmicrohttpd would end a streamed body, but HEAD must have none.
        if request.method == "HEAD", case .stream = response.body { response.body = .bytes([]) }
        guard [.expecting, .body, .waiting].contains(stage), !isGone else { return }
        answer = response
        guard case .stream(let write) = response.body else { return resume() }
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

    /// The client exceeded the deadline of its current phase.
    func expire() {
        if stage == .body {
            refuseLate(.bodyTimeout(after: server.limits.bodyDeadline))
        } else {
            connection.close()
        }
    }

    // MARK: Refusals

    /// Refuses a request before its body is read, and closes the connection after the answer.
    private func refuse(_ status: Int, _ reason: String) -> Bool {
        queue(server.refuse(refusal(status, reason)), isLast: true)
    }

    private func refuseTooLarge(_ framing: HTTPServerFraming) -> Bool {
        let error = HTTPServerError.bodyTooLarge(limit: server.limits.body)
        // A client that waits for `100 Continue` sends nothing after the answer. Any other is
        // already sending, and would lose the answer if the connection were closed.
        if framing.expectsContinue { return refuse(413, error.sentence) }
        refuseLate(error)
        return true
    }

    private func refuseLate(_ error: HTTPServerError) {
        request?.body.fail(error)
        _ = refuseLate(error.status, error.sentence)
    }

    /// Answers at once, and reads on for a while, so a client that is still sending reads the
    /// answer.
    private func refuseLate(_ status: Int, _ reason: String) -> Bool {
        stage = .refused
        task?.cancel()
        let response = server.refuse(refusal(status, reason))
        connection.sendLast(HTTPServerAnswer.wire(response, id: id))
        connection.deadline = server.now + HTTPServerLimits.refusedDeadline
        resume()
        return true
    }

    private func refusal(_ status: Int, _ reason: String) -> HTTPRefusal {
        HTTPRefusal(
            status: status,
            reason: reason,
            path: String(target.prefix { $0 != "?" }),
            id: id
        )
    }

    private func discard(_ count: Int) -> Int? {
        discarded += count
        return discarded > HTTPServerLimits.refusedBody.bytes ? nil : count
    }

    // MARK: The connection

    private func queue(_ response: HTTPResponse, isLast: Bool = false) -> Bool {
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
        progressed()
        if let request { server.log(request, response.status) }
        return unsafe answer.queue(on: handle, status: response.status)
    }

    private func suspend() {
        guard !isSuspended else { return }
        isSuspended = true
        unsafe MHD_suspend_connection(handle)
    }

    private func resume() {
        guard isSuspended else { return }
        isSuspended = false
        connection.resume(at: server.now)
        unsafe MHD_resume_connection(handle)
        server.wake()
    }
}

extension HTTPServerError {
    fileprivate var status: Int {
        switch self {
        case .bodyTooLarge: 413
        case .bodyTimeout: 408
        default: 500
        }
    }

    fileprivate var sentence: String {
        var words = Substring("\(self)")
        let first = words.popFirst()?.uppercased() ?? ""
        return first + words + "."
    }
}
