import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthText

/// The server-sent events of one streamed answer, with the lease of those not read yet.
@Loop final class UpstreamEvents {
    private let response: HTTPClientResponse
    private let upstream: Upstream
    /// Names the work on an event.
    private let label: WorkLabel
    private var parser = SSEParser()
    private var events: [SSEEvent] = []
    /// The work of the events taken since other work had its turn, in bytes.
    private var inTurn = 0
    private var lease: MemoryLease
    /// The memory leased in advance.
    private let paid: ByteCount
    /// The form of the body, or nil while that is not known.
    private(set) var form: BodyForm?
    /// The body so far, if it is no stream of events.
    private var start = BodyParts()
    /// Whether nothing of the answer was passed on.
    private var isFirst = true
    /// Whether the transfer has ended or was cancelled.
    private(set) var isDone = false
    /// The time that may pass until the next event while the reader waits for one.
    private var left: Duration
    /// The same for the error.
    private var limit: Duration
    /// The end of ``left`` while the reader waits.
    private var deadline: Instant?
    /// Whether the answer is whole, so that silence is its end.
    private var isWhole = false

    /// The work that one stream does before other work has its turn, in bytes.
    private static nonisolated let mostInTurn = 16 << 10
    /// The bytes as which an event counts beside its own.
    private static nonisolated let perEvent = 256

    /// The memory of a stream: libcurl's handle and buffers, Berth's buffers, and small events.
    ///
    /// A measurement of 50 streams in release found 38 KiB each in use in malloc, besides the
    /// memory of a queued call.
    static nonisolated let bufferSize = ByteCount.kibibytes(48)

    /// Makes a reader of `response`.
    ///
    /// `lease` must include ``bufferSize``. The request was sent at `asked`, and the first event may
    /// take until `limit` after it.
    init(
        _ response: HTTPClientResponse,
        of upstream: Upstream,
        lease: consuming MemoryLease,
        since asked: Instant,
        limit: Duration,
        _ label: WorkLabel
    ) {
        self.response = response
        self.upstream = upstream
        self.limit = limit
        self.label = label
        left = limit - (upstream.surroundings.clock.now - asked)
        paid = lease.count
        self.lease = lease
    }

    /// The reader begins to wait for a piece of the answer.
    func beginWait() { deadline = upstream.surroundings.clock.now + left }

    /// The reader has a piece, or none will come.
    ///
    /// The time until it waits again is its own.
    func endWait() {
        guard let deadline else { return }
        left = deadline - upstream.surroundings.clock.now
        self.deadline = nil
    }

    /// The answer has gone on, so the time until its next event begins.
    ///
    /// Comments, pings and empty pieces do not call it.
    func progressed() {
        (limit, left) = (upstream.timeout.next, upstream.timeout.next)
        if deadline != nil { beginWait() }
    }

    /// The answer is whole, except for the sign of its end, which some servers do not send.
    ///
    /// It ends when nothing has come for a short time.
    ///
    /// - Parameter isCounted: whether its usage has come, which may follow on its last words.
    func mayEnd(isCounted: Bool) {
        isWhole = true
        left = isCounted ? UpstreamEvents.grace : UpstreamEvents.countGrace
        if deadline != nil { beginWait() }
    }

    /// The time for the sign of the end of a stream that has its finish reason and its usage.
    private static let grace = Duration.seconds(2)
    /// The time for the usage of a stream that has its finish reason.
    private static let countGrace = Duration.seconds(10)

    /// Reads up to the first bytes of the body, which tell its form.
    ///
    /// A body that is no stream of events is read to its end.
    ///
    /// - Throws: ``ProviderError`` if the body is neither a stream of events nor JSON.
    func begin() async throws(ProviderError) {
        beginWait()
        defer { endWait() }
        while form != .events, !isDone { try await read() }
    }

    /// Returns the next event; nil at the end of the transfer, complete or not, and after
    /// ``finish()``.
    ///
    /// JSON that was sent in place of events is one event.
    ///
    /// - Throws: ``ProviderError`` if the transfer fails or is ended by ``cancel()``.
    func next() async throws(ProviderError) -> SSEEvent? {
        while true {
            if let event = taken() { return event }
            guard try await hasMore() else { return nil }
        }
    }

    /// Returns the next event if it has come and other work needs no turn before it.
    func taken() -> SSEEvent? {
        guard !events.isEmpty, inTurn < UpstreamEvents.mostInTurn else { return nil }
        Loop.works(on: label)
        let event = events.removeFirst()
        inTurn += event.data.count + UpstreamEvents.perEvent
        return event
    }

    /// Waits until ``taken()`` may return an event.
    ///
    /// - Returns: false at the end of the transfer.
    /// - Throws: as ``next()``.
    func hasMore() async throws(ProviderError) -> Bool {
        // A provider may send many events at once. Other work has its turn between them.
        if inTurn >= UpstreamEvents.mostInTurn {
            inTurn = 0
            await Task.yield()
        }
        guard events.isEmpty else { return true }
        guard !isDone else { return false }
        try await read()
        return true
    }

    /// Parses an event's data as a JSON object.
    ///
    /// Other data, or an error in the object, ends the transfer.
    ///
    /// - Throws: ``ProviderError``.
    func object(of event: SSEEvent) async throws(ProviderError) -> JSONObject {
        guard LargeWork.isLarge(event.data.count) else { return try smallObject(of: event) }
        let key = upstream.key
        let read = await LargeWork.run(on: event.data.count) {
            UpstreamEvents.read(event, hiding: key)
        }
        return try object(of: event, read)
    }

    /// Parses the data of an event that is no large work, as ``object(of:)`` does.
    func smallObject(of event: SSEEvent) throws(ProviderError) -> JSONObject {
        try object(of: event, UpstreamEvents.read(event, hiding: upstream.key))
    }

    /// An event's data.
    private enum Content: Sendable {
        case object(JSONObject)
        case fault(UpstreamFault)
        /// No object, for the reason that is given.
        case malformed(String)
    }

    private nonisolated static func read(_ event: SSEEvent, hiding key: Secret?) -> Content {
        let isError = event.event == "error"
        do throws(JSONError) {
            let object = try JSONObject(answer: event.data)
            let fault = UpstreamFault.find(in: object, isNamed: isError, hiding: key)
            return fault.map { .fault($0) } ?? .object(object)
        } catch {
            if isError || event.data.first == UInt8(ascii: "[") {
                let fault = UpstreamFault(text: event.data, hiding: key)
                if isError || fault.kind != nil { return .fault(fault) }
            }
            return .malformed(error.description)
        }
    }

    private func object(
        of event: SSEEvent,
        _ content: Content
    ) throws(ProviderError) -> JSONObject {
        let isFirst = isFirst
        self.isFirst = false
        Loop.works(on: label)
        switch content {
        case .object(let object): return object
        case .fault(let fault): throw end(upstream.failure(fault, isFirst: isFirst))
        case .malformed(let reason):
            throw end(.malformed(provider: upstream.name, reason: reason))
        }
    }

    /// Ends the transfer and returns `error` to be thrown.
    func end(_ error: ProviderError) -> ProviderError {
        cancel()
        return error
    }

    /// Ends the transfer, at the provider too.
    func cancel() {
        (isDone, events) = (true, [])
        response.cancel()
    }

    private func read() async throws(ProviderError) {
        let clock = upstream.surroundings.clock
        let left = deadline.map { $0 - clock.now } ?? left
        // A server that sends without a pause leaves a timer no time to fire.
        if left < .zero { response.giveUp(after: limit) }
        let timer =
            response.unread > .zero
            ? nil
            : clock.schedule(after: max(.zero, left)) { [response, limit] in
                response.giveUp(after: limit)
            }
        defer { timer?.cancel() }
        let piece: [UInt8]?
        do { piece = try await response.next() } catch {
            switch error {
            // A whole answer may end with silence or with its connection.
            case .stalled where isWhole, .cut where isWhole: piece = nil
            default: throw end(ProviderError(error, provider: upstream.name))
            }
        }
        do {
            guard let piece else {
                isDone = true
                return try await endBody()
            }
            guard form != .events else { return try parse(piece) }
            try grow(to: start.count + piece.count)
            start.add(piece)
            guard form == nil else { return }
            let body = Array(BodyForm.withoutBlankLines(start.joined[...]))
            start = BodyParts()
            form = BodyForm.of(body[...])
            if form == .events { try parse(body) } else { start.add(body) }
        } catch { throw end(error) }
    }

    /// Reads the events that a piece completes.
    private func parse(_ piece: [UInt8]) throws(ProviderError) {
        try grow(to: parser.pending + piece.count)
        do { events += try parser.feed(piece) } catch {
            throw .malformed(provider: upstream.name, reason: "\(error)")
        }
    }

    /// Leases the memory of unread bytes: once in the parser, once as an event, twice as a chunk.
    private func grow(to count: Int) throws(ProviderError) {
        guard count <= Upstream.answerLimit.bytes else {
            throw .malformed(
                provider: upstream.name,
                reason: "it is larger than \(Upstream.answerLimit)"
            )
        }
        let need = max(paid, ByteCount(4 * count) + .kibibytes(16))
        try upstream.grow(&lease, to: need, step: .kibibytes(16))
    }

    /// Reads what the end of the body completes.
    private func endBody() async throws(ProviderError) {
        if form == .events {
            if let last = parser.finishAnswer() { events.append(last) }
            return
        }
        guard start.count > 0 else { return }
        upstream.noteForm(form ?? .text, insteadOf: .events)
        let (body, form) = (start, form ?? .text)
        start = BodyParts()
        events = try await LargeWork.run(on: body.count) { [upstream] () throws(ProviderError) in
            try upstream.objects(in: body.joined, form).map { SSEEvent(data: Array($0.text)) }
        }
    }

    /// The time after the last event within which the transfer may end.
    private static let linger = Duration.milliseconds(250)

    /// Ends the answer, and waits a short time for its transfer to end.
    ///
    /// HTTP's last chunk often arrives a packet later. If it arrives, the connection is reused for
    /// the next call; otherwise the connection is closed.
    func finish() async {
        (isDone, events) = (true, [])
        let limit = upstream.surroundings.clock.schedule(after: UpstreamEvents.linger) {
            [response] in
            response.cancel()
        }
        defer { limit.cancel() }
        while (try? await response.next()) != nil {}  // an error is ignored; the answer is complete
    }
}
