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
    /// - Throws: ``BotError`` when the request's task is cancelled.
    func begun(
        usage: Bool,
        in surroundings: Surroundings
    ) async throws(BotError) -> HTTPResponse {
        let reader = log.reader()
        defer { reader.close() }
        do { try await reader.begun() } catch { throw .provider(.cancelled) }
        if let response { return response }
        guard let identity else { return HTTPResponse(.outcomeUnknown) }
        var response = HTTPResponse.events { [log] writer in
            let events = EventWriter(writer, in: surroundings)
            try await identity.pass(KeyedAnswer(log), to: events, usage: usage)
        }
        if isCached { response.headers["x-berth-cache"] = "hit" }
        return response
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
