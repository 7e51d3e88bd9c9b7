import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// The requests with an `Idempotency-Key`: each key of a tenant is bought once in
/// ``IdempotencyKey/lifetime``.
///
/// The first request buys the answer. A request with the same key and the same body reads that
/// answer, while it comes and after a restart. The reservation's commit carries the key, so a
/// killed service does not buy again. A failure that bought nothing is not remembered.
@Loop final class KeyedCalls: Service {
    private let bot: Bot
    private let surroundings: Surroundings
    private let requests: Counter
    private let pool = TaskPool()
    private var calls: [Name: KeyedCall] = [:]

    private struct Name: Hashable {
        let tenant: Tenant.ID
        let key: [UInt8]
    }

    /// The longest key in bytes.
    static nonisolated let longestKey = 255
    /// The most keys of a tenant in ``IdempotencyKey/lifetime``.
    static nonisolated let mostKeys = 10_000
    /// The longest outcome that is kept.
    static nonisolated let outcomeLimit = ByteCount.mebibytes(1)
    /// Calls may go on this long after the stop.
    private static nonisolated let grace = Duration.seconds(10)

    /// Makes an empty table of calls.
    init(bot: Bot, in surroundings: Surroundings) {
        self.bot = bot
        self.surroundings = surroundings
        requests = surroundings.metrics.counter(
            "berth_idempotent_requests_total",
            help: "Requests whose Idempotency-Key was known, by the way in which they ended.",
            label: "outcome",
            values: ["replayed", "joined", "refused"]
        )
    }

    private var store: any Store { bot.resources.store }

    /// The key of a request with `body`, or nil if it has none.
    ///
    /// - Throws: ``BotError/badKey(_:)``.
    static func key(
        of request: HTTPRequest,
        _ body: [UInt8]
    ) async throws(BotError) -> IdempotencyKey? {
        let fields = request.headers.all("idempotency-key")
        guard let text = fields.first else { return nil }
        let path = Array(request.path.utf8) + [0]
        let digest = await LargeWork.run(on: body.count) {
            Secret256.digest([path[...], body[...]])
        }
        return try key(text, of: fields.count, for: digest)
    }

    /// The key of a request whose content has the hash `digest`, or nil if it has none.
    ///
    /// - Throws: ``BotError/badKey(_:)``.
    static func key(
        of request: HTTPRequest,
        digest: [UInt8]
    ) throws(BotError) -> IdempotencyKey? {
        let fields = request.headers.all("idempotency-key")
        return try fields.first.map { (text) throws(BotError) in
            try key(text, of: fields.count, for: digest)
        }
    }

    private static func key(
        _ text: String,
        of fields: Int,
        for digest: [UInt8]
    ) throws(BotError) -> IdempotencyKey {
        guard fields == 1 else { throw .badKey("was sent \(fields) times: send it once") }
        guard (1...longestKey).contains(text.utf8.count) else {
            throw .badKey("has \(text.utf8.count) bytes: use 1 to \(longestKey)")
        }
        let isText = text.unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control && $0 != "\u{FFFD}"
        }
        guard isText else { throw .badKey("has control characters or is not UTF-8") }
        return IdempotencyKey(name: Secret256.hash(text), request: digest)
    }

    /// Answers a request whose ask has a key.
    ///
    /// - Parameters:
    ///   - ask: the question, which is dropped if the key is known.
    ///   - key: the key of the request.
    ///   - asked: the checked request.
    ///   - credential: its revocation ends the call.
    /// - Returns: the response, whose stream may still be coming.
    /// - Throws: ``BotError/keyReused`` while the key's request is under way with another body, or
    ///   the reason for which the call could not begin.
    func answer(
        _ ask: Ask,
        _ key: IdempotencyKey,
        _ asked: ChatRequest,
        for credential: Credential
    ) async throws(BotError) -> HTTPResponse {
        let wish = KeyedCall.Wish(isStream: asked.isStream, includesUsage: asked.includesUsage)
        return try await answer(key, wish, for: credential) { [self] call throws(BotError) in
            var ask = ask
            ask.key = call.key
            if asked.isStream {
                try await stream(call, ask, asked)
            } else {
                try await complete(call, ask, asked.form)
            }
        }
    }

    /// Does the work of a request with a key, and ends its call.
    typealias Work = @Loop @Sendable (KeyedCall) async throws(BotError) -> Void

    /// Answers a request that has a key.
    ///
    /// - Parameters:
    ///   - key: the key of the request.
    ///   - wish: the form of the answer.
    ///   - credential: its revocation ends the call.
    ///   - work: buys the answer, which is not called if the key is known.
    /// - Returns: the response, whose stream may still be coming.
    /// - Throws: ``BotError/keyReused`` while the key's request is under way with another body, or
    ///   the reason for which the call could not begin.
    func answer(
        _ key: IdempotencyKey,
        _ wish: KeyedCall.Wish,
        for credential: Credential,
        _ work: @escaping Work
    ) async throws(BotError) -> HTTPResponse {
        let payer = credential.tenant
        let name = Name(tenant: payer.row.id, key: key.name)
        let present = calls[name]
        if let present {
            guard present.key == key else {
                requests.add(1, "refused")
                throw .keyReused
            }
            requests.add(1, "joined")
        }
        let call = if let present { present } else { try KeyedCall(key, of: payer) }
        if present == nil {
            calls[name] = call
            let task = pool.spawn { [self] in
                await run(call, wish, payer, work)
                calls[name] = nil
                credential.untie(call)
            }
            credential.tie(call) { task.cancel() }
        }
        var response = try await call.begun(wish, in: surroundings)
        if present != nil || call.isReplay { response.headers["x-berth-idempotent"] = "replay" }
        return response
    }

    /// Lets calls under way finish for a while after the stop.
    ///
    /// A call that is then cut off is unknown to the next start.
    func run(until stop: Stop) async {
        await stop.requested()
        if Task.isCancelled { pool.cancelAll() }
        let timer = surroundings.clock.schedule(after: KeyedCalls.grace) { [pool] in
            pool.cancelAll()
        }
        defer { timer.cancel() }
        await pool.drain()
    }

    // MARK: One call

    private func run(
        _ call: KeyedCall,
        _ wish: KeyedCall.Wish,
        _ payer: LiveTenant,
        _ work: Work
    ) async {
        do throws(BotError) {
            try await bot.pictureAnswers.awaitTakenUp(call.key, of: payer)
            if try await !replay(call, wish, to: payer) { try await work(call) }
        } catch {
            let response = HTTPResponse(error)
            if error.disposition.mayHaveBought, !error.isOrder {
                await keep(KeptOutcome(response), of: call, payer)
            }
            call.end(response)
        }
    }

    /// Ends the call with the outcome of an earlier one.
    ///
    /// - Returns: false if there was none.
    /// - Throws: ``BotError`` if the key may not be used again.
    private func replay(
        _ call: KeyedCall,
        _ wish: KeyedCall.Wish,
        to tenant: LiveTenant
    ) async throws(BotError) -> Bool {
        let (store, key, id) = (store, call.key, tenant.row.id)
        let now = surroundings.clock.timestamp
        let record: KeyRecord
        do { record = try await store.record(of: key, for: id, at: now) } catch {
            throw BotError(error)
        }
        if case .free(let count, let next) = record {
            guard count >= KeyedCalls.mostKeys else { return false }
            let wait = next.map { max(.zero, $0 - now) } ?? .zero
            throw .tooManyKeys(limit: KeyedCalls.mostKeys, wait: wait)
        }
        guard case .kept(let size) = record else {
            requests.add(1, "refused")
            switch record {
            case .reused: throw .keyReused
            case .notKept: throw .outcomeNotKept
            default: throw .outcomeUnknown
            }
        }
        let lease: MemoryLease
        do {
            // As SQLite returns it, and as it is sent.
            lease = try tenant.account.lease(size + size, for: .replyBuffer)
        } catch { throw .memory(error) }
        let outcome: KeptOutcome?
        do { outcome = try await store.outcome(of: key, for: id) } catch { throw BotError(error) }
        guard let outcome else { throw .outcomeUnknown }
        var response: HTTPResponse
        if outcome.type == KeptOutcome.pictures {
            let pictures = try await PictureReply(
                kept: outcome.body,
                as: wish.pictures,
                for: tenant,
                of: bot,
                in: surroundings
            )
            response = try pictures.response(for: tenant)
        } else {
            response = outcome.response
            response.holding = LeaseHolder(lease)
        }
        requests.add(1, "replayed")
        call.end(response, isReplay: true)
        return true
    }

    private func complete(
        _ call: KeyedCall,
        _ ask: Ask,
        _ form: ChatRequest.Form
    ) async throws(BotError) {
        let answer = try await bot.answers.complete(ask)
        let response = await OpenAIChannel.whole(answer, as: form, in: surroundings)
        await keep(KeptOutcome(response), of: call, ask.payer)
        call.end(response)
    }

    private func stream(
        _ call: KeyedCall,
        _ ask: Ask,
        _ asked: ChatRequest
    ) async throws(BotError) {
        let answer = try await bot.answers.stream(ask)
        defer { answer.finish() }
        let identity = AnswerIdentity(
            model: answer.modelID,
            as: asked.form,
            in: surroundings
        )
        call.begin(identity, model: answer.modelID, isCached: answer.isCached)
        let end: AnswerEnd
        do throws(BotError) {
            while let piece = try await answer.next() {
                try call.log.append(piece)
                while let piece = try answer.taken() { try call.log.append(piece) }
            }
            end = AnswerEnd(usage: answer.usage)
        } catch {
            answer.finish()
            end = AnswerEnd(error: error, usage: answer.usage)
        }
        let isFinal = end.error.map { !$0.isOrder && !answer.isCached } ?? true
        if isFinal { await keepStream(call, identity, end, asked, ask.payer) }
        // A reader that has the end can rely on its replay.
        call.log.close(end)
    }

    // MARK: Keeping

    private func keepStream(
        _ call: KeyedCall,
        _ identity: AnswerIdentity,
        _ end: AnswerEnd,
        _ asked: ChatRequest,
        _ payer: LiveTenant
    ) async {
        let size = call.log.text.count
        // The events beside the text, as events and for SQLite.
        guard size <= KeyedCalls.outcomeLimit.bytes,
            let lease = try? payer.account.lease(ByteCount(3 * size + 4096), for: .replyBuffer)
        else { return await keep(nil, of: call, payer) }
        let body = await identity.events(of: call.log, end, usage: asked.includesUsage)
        let outcome = KeptOutcome(status: 200, type: KeptOutcome.events, body: body)
        await keep(outcome, of: call, payer)
        _ = consume lease
    }

    /// Writes an outcome down, or that it is too large.
    ///
    /// An outcome that cannot be written is unknown later.
    func keep(_ outcome: KeptOutcome?, of call: KeyedCall, _ payer: LiveTenant) async {
        let isSmall = outcome.map { $0.body.count <= KeyedCalls.outcomeLimit.bytes } ?? false
        do {
            try await store.keepOutcome(
                isSmall ? outcome : nil,
                of: call.key,
                for: payer.row.id,
                within: min(IdempotencyKey.mostKept, payer.quotas.disk),
                at: surroundings.clock.timestamp
            )
        } catch {
            surroundings.log.warning(
                "outcome of an Idempotency-Key not kept",
                ["tenant": .text(payer.name), "why": .describing(error)]
            )
        }
    }
}

extension KeptOutcome {
    /// The content type of a streamed answer.
    fileprivate static let events = "text/event-stream"

    /// The outcome of a response that is not streamed.
    fileprivate init(_ response: HTTPResponse) {
        let body = if case .bytes(let bytes) = response.body { bytes } else { [UInt8]() }
        self.init(
            status: response.status,
            type: response.headers["content-type"] ?? "application/json",
            body: body
        )
    }

    /// The response that repeats the outcome.
    fileprivate var response: HTTPResponse {
        guard type == KeptOutcome.events else { return .bytes(body, type: type, status: status) }
        return .events { [body] writer in try await writer.write(body) }
    }
}

extension BotError {
    /// Whether the answer was ended by an order, after which its outcome is unknown.
    fileprivate var isOrder: Bool {
        switch self {
        case .suspended, .endedByOperator, .stopping, .provider(.cancelled): true
        default: false
        }
    }
}
