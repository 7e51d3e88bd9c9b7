import BerthLoop
import BerthMemory
import BerthTelemetry
import Glibc

/// One request of an ``InMemoryNetwork`` and its answer.
///
/// It is the link of the handler's objects and the source of the client's response.
@Loop final class InMemoryExchange: HTTPRequestLink, HTTPResponseSource {
    /// The body of the answer, as far as the client has not read it.
    private enum Body {
        case bytes(ArraySlice<UInt8>)
        case stream(HTTPResponseWriter)
    }

    private let request: HTTPClientRequest
    private let target: HTTPClientTarget
    private let listener: InMemoryListener
    private let tap: (@Loop ([UInt8]) -> Void)?
    private let surroundings: Surroundings

    // The server's side.
    private var served: HTTPRequest?
    private var task: Task<Void, Never>?
    private var sent = 0
    private var isOpen = false
    private var hasEnded = false
    private(set) var isGone = false
    private var listeners: [Wakeup] = []
    private var holding: (any AnyObject & Sendable)?
    /// Ends the exchange if the client takes none of the bytes that are ready.
    private var writeDeadline: Timer?

    // The client's side.
    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    private var body: Body?
    private var received = 0
    private var failure: HTTPClientError?
    /// Signalled at each change, for the one reader.
    private let bell = Wakeup()

    /// The most bytes that one read returns.
    private nonisolated static let pieceSize = 16 << 10

    init(
        _ request: HTTPClientRequest,
        to target: HTTPClientTarget,
        of listener: InMemoryListener,
        _ tap: (@Loop ([UInt8]) -> Void)?,
        in surroundings: Surroundings
    ) {
        self.request = request
        self.target = target
        self.listener = listener
        self.tap = tap
        self.surroundings = surroundings
    }

    var host: String { target.name }

    var hasBody: Bool { request.method != "HEAD" }

    // MARK: The server's side

    /// Passes the request to the handler of the listener.
    func begin() {
        guard !hasEnded, !isOpen, let handler = listener.handler else { return }
        isOpen = true
        listener.began()
        let id = listener.requestID(from: request.headers["x-request-id"])
        let text = String(HTTPTarget.withoutAuthority(request.url))
        guard let target = HTTPTarget(text) else {
            return refuse(400, "The path is not validly percent-encoded.", text, id)
        }
        let limit = listener.limits.body(of: text)
        guard request.body.count <= limit.bytes else {
            let reason = "The request's body is larger than \(limit): send less at once."
            return refuse(413, reason, text, id)
        }
        let head = HTTPRequestHead(
            method: request.method,
            target: target,
            headers: sentHeaders,
            id: id,
            peer: peer,
            received: surroundings.clock.now
        )
        let body = HTTPBody(length: request.body.count, exchange: self)
        let served = HTTPRequest(head, body: body, exchange: self)
        self.served = served
        feed()
        task = listener.tasks.spawn { await self.work(on: served, handler) }
    }

    private var sentHeaders: HTTPHeaders {
        var headers: HTTPHeaders = ["Host": target.name]
        for (name, value) in request.headers { headers.add(name, value) }
        if let own = request.headers["host"] { headers["Host"] = own }
        if !request.body.isEmpty { headers["Content-Length"] = "\(request.body.count)" }
        return headers
    }

    private var peer: HTTPPeer {
        if request.unixSocket != nil { return .local(uid: geteuid(), pid: getpid()) }
        return .network(address: request.source.map { "\($0)" } ?? "127.0.0.1")
    }

    private func refuse(_ status: Int, _ reason: String, _ text: String, _ id: String) {
        let path = HTTPTarget.path(of: text)
        let refusal = HTTPRefusal(status: status, reason: reason, path: path, id: id)
        answer(listener.refusal(refusal), id: id)
    }

    private func work(on served: HTTPRequest, _ handler: HTTPHandler) async {
        let response = await handler(served)
        guard !isGone, !hasEnded else { return }
        answer(response, id: served.id)
        guard case .stream(let writer) = body, case .stream(let write) = response.body else {
            return
        }
        do {
            try await write(writer)
            writer.finish()
        } catch {
            if !isGone {
                surroundings.log.warning(
                    "a streamed answer was cut short",
                    ["request": .text(served.id), "why": .text("\(error)")]
                )
            }
            writer.fail()
        }
    }

    private func answer(_ response: HTTPResponse, id: String) {
        holding = response.holding
        status = 200...599 ~= response.status ? response.status : 500
        for (name, value) in response.headers
        where HTTPHeaders.isToken(name) && HTTPHeaders.isValue(value) { headers.add(name, value) }
        headers["x-request-id"] = id
        if let length = response.length { headers["Content-Length"] = "\(length)" }
        switch response.body {
        case .bytes(let bytes):
            headers["Content-Length"] = "\(bytes.count)"
            body = .bytes(hasBody ? bytes[...] : [])
            let isSent = !hasBody || bytes.count <= InMemoryExchange.pieceSize
            if isSent { end() } else { expectReading() }
        case .stream where !hasBody:
            body = .bytes([])
            end()
        case .stream: body = .stream(HTTPResponseWriter(exchange: self))
        }
        bell.signal()
    }

    /// Moves as much of the request's body to the handler as has room there.
    private func feed() {
        guard let body = served?.body, !isGone else { return }
        while sent < request.body.count, body.hasRoom {
            let end = min(sent + InMemoryExchange.pieceSize, request.body.count)
            unsafe request.body.withUnsafeBytes { bytes in
                unsafe body.receive(UnsafeRawBufferPointer(rebasing: bytes[sent..<end]))
            }
            sent = end
        }
        if sent == request.body.count { body.end() }
    }

    func bodyIsWanted() {}

    func bodyWasTaken() { feed() }

    func hasMoreToSend() {
        expectReading()
        bell.signal()
    }

    func left() async {
        guard !isGone, !hasEnded else { return }
        let listener = Wakeup()
        listeners.append(listener)
        try? await listener.wait()  // a cancelled wait ends too
        listeners.removeAll { $0 === listener }
    }

    /// The server ends at once.
    func cut() { fail(.cut(host: host, received: received)) }

    private func expectReading() {
        guard writeDeadline == nil else { return }
        writeDeadline = surroundings.clock.schedule(after: listener.limits.writeDeadline) {
            [weak self] in self?.cut()
        }
    }

    func clientLeft() { cut() }

    /// The client has left.
    private func leave() {
        isGone = true
        task?.cancel()
        served?.body.fail(.clientGone)
        if case .stream(let writer) = body { writer.clientLeft() }
    }

    /// Ends the exchange for the server.
    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        writeDeadline?.cancel()
        holding = nil
        served?.ended()
        served = nil
        for listener in listeners { listener.signal() }
        listeners = []
        listener.ended(self, wasOpen: isOpen)
    }

    // MARK: The client's side

    /// Waits for the header of the answer.
    func head() async throws(HTTPClientError) {
        let deadlines = request.deadlines
        let late = HTTPClientError.firstByteTimeout(
            host: host,
            after: deadlines.firstByte,
            received: 0
        )
        while status == 0 {
            if let failure { throw failure }
            try await change(within: deadlines.firstByte, else: late)
        }
        guard let tap else { return }
        let fields = headers.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
        tap(Array("\(request.method) \(request.url) \(status) \(fields)".utf8))
    }

    func next() async throws(HTTPClientError) -> [UInt8]? {
        let stall = request.deadlines.stall
        while true {
            if let failure { throw failure }
            guard let body else { return nil }
            switch body {
            case .bytes(let rest): return take(rest)
            case .stream(let writer):
                if let piece = take(from: writer) { return piece }
                if self.body == nil || failure != nil { continue }
            }
            try await change(within: stall, else: .stalled(host: host, after: stall))
        }
    }

    private func take(_ rest: ArraySlice<UInt8>) -> [UInt8]? {
        let piece = rest.prefix(InMemoryExchange.pieceSize)
        let left = rest.dropFirst(piece.count)
        body = left.isEmpty ? nil : .bytes(left)
        received += piece.count
        wasRead()
        if left.isEmpty { end() } else { expectReading() }
        guard !piece.isEmpty else { return nil }
        tap?(Array(piece))
        return Array(piece)
    }

    private func take(from writer: HTTPResponseWriter) -> [UInt8]? {
        var state = HTTPResponseWriter.Piece.none
        let size = min(InMemoryExchange.pieceSize, max(1, writer.unsentCount))
        let piece = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            state = unsafe writer.read(into: UnsafeMutableRawBufferPointer(buffer))
            if case .bytes(let read) = state { count = read }
        }
        switch state {
        case .bytes(let count):
            received += count
            wasRead()
            if writer.unsentCount > 0 { expectReading() }
            tap?(piece)
            return piece
        case .none: break
        case .finished:
            body = nil
            end()
        case .failed:
            failure = .cut(host: host, received: received)
            end()
        }
        return nil
    }

    private func wasRead() {
        writeDeadline?.cancel()
        writeDeadline = nil
    }

    var unreadCount: Int {
        switch body {
        case .bytes(let rest): rest.count
        case .stream(let writer): writer.unsentCount
        case nil: 0
        }
    }

    func fail(_ error: HTTPClientError) {
        guard failure == nil, body != nil || !hasEnded else { return }
        failure = error
        if !hasEnded { leave() }
        body = nil
        end()
        bell.signal()
    }

    private func change(
        within limit: Duration,
        else error: HTTPClientError
    ) async throws(HTTPClientError) {
        let deadline = surroundings.clock.schedule(after: limit) { [weak self] in
            self?.fail(error)
        }
        defer { deadline.cancel() }
        do { try await bell.wait() } catch {
            fail(.cancelled)
            throw .cancelled
        }
    }
}
