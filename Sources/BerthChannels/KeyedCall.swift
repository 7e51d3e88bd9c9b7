import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthWork

/// One request with an `Idempotency-Key` under way, whose answer every request with the same key
/// reads.
///
/// It outlives the connection that began it, so that a client that has lost its connection can send
/// the request again.
@Loop final class KeyedCall {
    /// The key.
    let key: IdempotencyKey
    /// The answer as it comes.
    ///
    /// It begins with a streamed answer, and ends at once with any other.
    let log: Broadcast
    /// The name of a streamed answer, which every reader is told, or nil for any other.
    private(set) var identity: AnswerIdentity?
    /// The response that is not streamed from ``log``, or nil.
    private(set) var response: HTTPResponse?
    /// Whether a streamed answer comes from the cache.
    private(set) var isCached = false
    /// Whether the outcome is that of an earlier call.
    private(set) var isReplay = false

    /// The form in which a request wants its answer.
    struct Wish: Sendable {
        /// Whether the answer is streamed.
        var isStream = false
        /// Whether the client wants a last chunk with the usage.
        var includesUsage = false
        /// The form of pictures.
        var pictures = PictureQuery.Form.url
    }

    /// Makes a call of `tenant` that has not begun.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    init(_ key: IdempotencyKey, of tenant: LiveTenant) throws(BotError) {
        self.key = key
        do {
            log = Broadcast(on: try tenant.account.lease(Broadcast.step, for: .replyBuffer))
        } catch { throw .memory(error) }
    }

    /// Lets the readers read a streamed answer from ``log``.
    func begin(_ identity: AnswerIdentity, model: String, isCached: Bool) {
        (self.identity, self.isCached) = (identity, isCached)
        log.begin(model)
    }

    /// Ends a call whose response is not streamed from ``log``.
    func end(_ response: HTTPResponse, isReplay: Bool = false) {
        (self.response, self.isReplay) = (response, isReplay)
        log.close(AnswerEnd())
    }

    /// The response to one of the requests, when it is known.
    ///
    /// A streaming client gets a response that has begun if it is not known within ``patience``.
    ///
    /// - Throws: ``BotError`` when the request's task is cancelled.
    func begun(
        _ wish: Wish,
        in surroundings: Surroundings
    ) async throws(BotError) -> HTTPResponse {
        let limit = wish.isStream ? AnswerPatience.stream : nil
        if try await isBegun(within: limit, by: surroundings.clock) {
            if let response { return response }
            guard identity != nil else { return HTTPResponse(.outcomeUnknown) }
        }
        let isLate = log.model == nil && log.end == nil
        var response = HTTPResponse.events { [self] writer in
            let events = EventWriter(writer, in: surroundings)
            if isLate { events.ping() }
            try await pass(to: events, writer, usage: wish.includesUsage)
        }
        if isCached { response.headers["x-berth-cache"] = "hit" }
        return response
    }

    /// Waits until the response is known.
    ///
    /// - Returns: false if it is not within `limit`.
    private func isBegun(
        within limit: Duration?,
        by clock: any Clock
    ) async throws(BotError) -> Bool {
        let reader = log.reader()
        // A closed reader ends its wait.
        let timer = limit.map { clock.schedule(after: $0) { reader.close() } }
        defer {
            timer?.cancel()
            reader.close()
        }
        do { try await reader.begun() } catch {
            guard Task.isCancelled else { return false }
            throw .provider(.cancelled)
        }
        return true
    }

    /// Waits for the response and passes it on to a client that has its header.
    private func pass(
        to events: EventWriter,
        _ writer: HTTPResponseWriter,
        usage: Bool
    ) async throws {
        _ = try await events.waiting({ () async throws(BotError) in
            try await isBegun(within: nil, by: events.clock)
        })
        if let identity {
            return try await identity.pass(KeyedAnswer(log), to: events, usage: usage)
        }
        switch (response ?? HTTPResponse(.outcomeUnknown)).body {
        case .stream(let write): try await write(writer)
        case .bytes(let error): try await events.send(error)
        }
    }
}

/// One reader of a ``KeyedCall``'s streamed answer.
@Loop private final class KeyedAnswer: AnswerStream {
    private let reader: BroadcastReader

    init(_ log: Broadcast) { reader = log.reader() }

    var log: Broadcast? { reader.log }
    var modelID: String { reader.log.model ?? ModelCatalog.anyModel }
    var isCached: Bool { false }
    var charged: TokenUsage? { nil }
    var usage: TokenUsage {
        reader.log.end?.usage ?? TokenUsage(input: 0, output: 0, isEstimated: true)
    }

    func next() async throws(BotError) -> AnswerPiece? {
        let piece: AnswerPiece?
        do { piece = try await reader.next() } catch { throw .provider(.cancelled) }
        if piece == nil, let error = reader.log.end?.error { throw error }
        return piece
    }

    func finish() { reader.close() }

    func interrupt(_ reason: BotError) { reader.close() }

    func takeSettlements() -> [Settlement] { [] }
}
