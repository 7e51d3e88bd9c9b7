import BerthLoop
import BerthMemory
import CMicrohttpd

/// One request and its answer, between libmicrohttpd's calls and the handler's task.
///
/// libmicrohttpd calls ``proceed(method:)``, ``receive(_:)`` and ``send(into:)`` within `MHD_run`;
/// the task acts between two of those and then resumes the connection. libmicrohttpd holds the
/// exchange from the request line to ``end(wasAnswered:)``.
@safe @Loop final class Exchange: HTTPRequestLink {
    /// How far it has come; never back.
    private enum Stage {
        /// The header is arriving.
        case header
        /// The client waits for `100 Continue`, and we for the handler to ask for the body.
        case expecting
        /// The body is arriving.
        case body
        /// The request is complete, the handler at work.
        case waiting
        /// Refused while its body arrives: the rest is thrown away.
        case refused
        /// The answer is libmicrohttpd's.
        case answering
        case ended
    }

    let connection: ServerConnection
    private let server: HTTPServer
    private let target: String
    // Unsafe only as a C pointer: it is used on the loop alone, and not after the end.
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
        connection: ServerConnection,
        server: HTTPServer
    ) {
        unsafe self.handle = handle
        self.target = target
        self.connection = connection
        self.server = server
        connection.exchange = self
    }

    /// Whether its header is complete and its answer is not.
    var isOpen: Bool { stage != .header && stage != .ended }

    /// Whether libmicrohttpd has the answer, and sees by itself when it cannot be sent.
    var isAnswering: Bool { stage == .answering }

    // MARK: Called by libmicrohttpd

    /// The header, or the whole request, is there; or the connection was resumed at that point.
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

    /// A piece of the body.
    ///
    /// - Returns: how many of `bytes` were taken; nil to close the connection.
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

    /// The next bytes of a streamed answer.
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

    /// The next bytes of an answer are taken.
    func progressed() {
        server.progressed()
        connection.deadline = server.now + server.limits.writeDeadline
    }

    /// libmicrohttpd is done with it, and the handle is no more.
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
        let headers = unsafe RequestHeader.fields(of: handle)
        id = server.requestID(from: headers["x-request-id"])
        let framing: Framing
        do { framing = try Framing(headers) } catch { return refuse(400, error.reason) }
        guard unsafe RequestHeader.leavesRoom(handle, headers, in: server.limits) else {
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

    private func expectBody(of request: HTTPRequest, _ framing: Framing) -> Bool {
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

    /// Starts the handler where it is not yet: a small body mostly comes with its header, so that a
    /// handler that finds it whole need not wait for it.
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
        // libmicrohttpd would end a streamed body that HEAD must not have.
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
        try? await listener.wait()  // cancelled is an end of waiting too
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

    /// The client took too long for the phase it is in.
    func expire() {
        if stage == .body {
            refuseLate(.bodyTimeout(after: server.limits.bodyDeadline))
        } else {
            connection.close()
        }
    }

    // MARK: Refusals

    /// Refuses before a body is read; the connection is closed after the answer.
    private func refuse(_ status: Int, _ reason: String) -> Bool {
        queue(server.refuse(refusal(status, reason)), isLast: true)
    }

    private func refuseTooLarge(_ framing: Framing) -> Bool {
        let error = HTTPServerError.bodyTooLarge(limit: server.limits.body)
        // A client that waits for our word sends nothing after it; any other is sending already,
        // and would lose the answer if we closed on it.
        if framing.expectsContinue { return refuse(413, error.sentence) }
        refuseLate(error)
        return true
    }

    private func refuseLate(_ error: HTTPServerError) {
        request?.body.fail(error)
        _ = refuseLate(error.status, error.sentence)
    }

    /// Answers at once, and reads on for a while so that the client, still sending, reads it.
    private func refuseLate(_ status: Int, _ reason: String) -> Bool {
        stage = .refused
        task?.cancel()
        let response = server.refuse(refusal(status, reason))
        connection.sendLast(Answer.wire(response, id: id))
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
        if let request { Answer.compress(&response, for: request) }
        guard let answer = Answer(response, exchange: self) else { return false }
        // It has what it sends: a compressed text is not held twice.
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
        "\(self)".prefix(1).uppercased() + "\(self)".dropFirst() + "."
    }
}
