package import BerthHTTP
package import BerthLoop
package import BerthProviders
import BerthStore
package import BerthTelemetry

/// Asks a model on a tenant's account: reserve, ask, settle.
///
/// Everything that is bought goes through here.
@Loop package final class ChatCalls {
    private let meter: Meter
    private let clock: any Clock
    private let log: Log
    private let metrics: BotMetrics

    /// Makes the calls over `meter`.
    package init(meter: Meter, clock: any Clock, log: Log, metrics: BotMetrics) {
        self.meter = meter
        self.clock = clock
        self.log = log
        self.metrics = metrics
    }

    /// Asks the first of `models` (at least one) for a whole answer, where it fails the next.
    ///
    /// `requestID` is for the log.
    ///
    /// - Returns: the answer, the model that gave it, and the tokens that it is charged at.
    /// - Throws: ``BotError`` of the last model that was asked; what may have been bought is charged
    ///   all the same.
    package func complete(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ tenant: LiveTenant,
        requestID: String = "-"
    ) async throws(BotError) -> (ChatCompletion, ModelChoice, TokenUsage) {
        try await firstOf(models, requestID) { (model, _) throws(BotError) in
            let (completion, usage) = try await complete(request, model, tenant, requestID)
            return (completion, model, usage)
        }
    }

    private func complete(
        _ request: JSONObject,
        _ model: ModelChoice,
        _ tenant: LiveTenant,
        _ requestID: String
    ) async throws(BotError) -> (ChatCompletion, TokenUsage) {
        let start = clock.now
        let (call, held) = try await begin(request, model, tenant, requestID)
        do {
            let completion = try await model.provider.complete(call)
            let usage = completion.usage ?? estimate(held, completion.text)
            meter.settle(held, usage)
            finished(requestID, tenant, model, start, nil)
            return (completion, usage)
        } catch {
            meter.end(held, after: error, received: 0)
            finished(requestID, tenant, model, start, error)
            throw .provider(error)
        }
    }

    /// Asks the first of `models` (at least one) for a streamed answer, where it fails before its
    /// first token the next.
    ///
    /// `requestID` is for the log.
    ///
    /// - Returns: an answer that has begun, or the last model's, which may yet fail.
    /// - Throws: ``BotError`` of the last model that was asked, when no answer begins.
    package func stream(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ tenant: LiveTenant,
        requestID: String = "-"
    ) async throws(BotError) -> MeteredStream {
        try await firstOf(models, requestID) { (model, isLast) throws(BotError) in
            let stream = try await stream(request, model, tenant, requestID)
            // The last one's failure is its client's to see; only before it is there another way.
            if !isLast { try await stream.awaitFirstToken() }
            return stream
        }
    }

    /// Tries the models in order, as long as one's failure may be made good by the next; `ask` takes
    /// a model and whether it is the last.
    ///
    /// - Returns: the first answer.
    /// - Throws: ``BotError``: the last failure, or the first that no other model can make good.
    func firstOf<Answer>(
        _ models: [ModelChoice],
        _ requestID: String,
        _ ask: @Loop (ModelChoice, Bool) async throws(BotError) -> Answer
    ) async throws(BotError) -> Answer {
        for model in models.dropLast() {
            do { return try await ask(model, false) } catch {
                guard error.mayBeMadeGood, !Task.isCancelled else { throw error }
                log.warning(
                    "the next model is asked",
                    [
                        "request": .text(requestID), "instead_of": .text(model.id),
                        "why": .text(error.logged),
                    ]
                )
            }
        }
        return try await ask(models[models.count - 1], true)
    }

    private func stream(
        _ request: JSONObject,
        _ model: ModelChoice,
        _ tenant: LiveTenant,
        _ requestID: String
    ) async throws(BotError) -> MeteredStream {
        let start = clock.now
        let (call, held) = try await begin(request, model, tenant, requestID)
        do {
            let stream = try await open(call, held, since: start)
            stream.onEnd { [self] error in finished(requestID, tenant, model, start, error) }
            return stream
        } catch {
            if case .provider(let reason) = error {
                finished(requestID, tenant, model, start, reason)
            }
            throw error
        }
    }

    /// Asks for a streamed answer to a call that is reserved already: a turn's.
    func open(
        _ call: ChatCall,
        _ held: HeldCall,
        since start: Instant
    ) async throws(BotError) -> MeteredStream {
        guard !Task.isCancelled else {
            meter.release(held)
            throw .provider(.cancelled)
        }
        do {
            let stream = try await held.model.provider.stream(call)
            return MeteredStream(
                stream,
                held,
                meter: meter,
                firstToken: metrics.firstToken,
                start: start,
                clock: clock
            )
        } catch {
            meter.end(held, after: error, received: 0)
            throw .provider(error)
        }
    }

    /// Reserves a turn's call to a further model.
    func reserve(
        _ call: ChatCall,
        _ model: ModelChoice,
        _ tenant: LiveTenant,
        _ input: Int,
        _ turn: Turn.ID
    ) async throws(BotError) -> HeldCall {
        try await meter.reserve(
            model,
            input: input,
            output: call.maximumOutput,
            for: tenant,
            turn: turn
        )
    }

    /// Gives a reservation back that came to nothing.
    func release(_ held: HeldCall) { meter.release(held) }

    /// What is asked of the provider for `request`.
    func call(_ request: JSONObject, _ model: ModelChoice, _ tenant: LiveTenant) -> ChatCall {
        let asked = request.integer("max_completion_tokens") ?? request.integer("max_tokens")
        return ChatCall(
            request: request,
            model: model.model,
            maximumOutput: min(asked ?? model.output, model.output),
            user: tenant.providerUser,
            account: tenant.account
        )
    }

    private func begin(
        _ request: JSONObject,
        _ model: ModelChoice,
        _ tenant: LiveTenant,
        _ requestID: String
    ) async throws(BotError) -> (ChatCall, HeldCall) {
        let call = call(request, model, tenant)
        let choices = max(1, request.integer("n") ?? 1)
        let held: HeldCall
        do {
            held = try await meter.reserve(
                model,
                input: TokenEstimate.input(of: request),
                output: call.maximumOutput * choices,
                for: tenant
            )
        } catch {
            metrics.calls.add(1, "refused")
            throw error
        }
        guard !Task.isCancelled else {
            meter.release(held)
            finished(requestID, tenant, model, clock.now, .cancelled)
            throw .provider(.cancelled)
        }
        return (call, held)
    }

    private func estimate(_ held: HeldCall, _ text: String) -> TokenUsage {
        TokenUsage(input: held.input, output: TokenEstimate.of(text), isEstimated: true)
    }

    private func finished(
        _ requestID: String,
        _ tenant: LiveTenant,
        _ model: ModelChoice,
        _ start: Instant,
        _ error: ProviderError?
    ) {
        let outcome =
            if case .cancelled = error { "cancelled" } else { error == nil ? "done" : "failed" }
        metrics.calls.add(1, outcome)
        log.info(
            "api call",
            [
                "request": .text(requestID), "tenant": .text(tenant.name),
                "model": .text(model.id), "outcome": .text(outcome), "ms": .ms(clock.now - start),
                "why": .text(error?.logged ?? "-"),
            ]
        )
    }
}

/// A streamed answer that is settled once, however it ends.
@Loop package final class MeteredStream {
    private let stream: any ChatStream
    private let held: HeldCall
    private let meter: Meter
    private let firstToken: Histogram
    private let start: Instant
    private let clock: any Clock
    private var received = 0
    private var hasText = false
    private var said: TokenUsage?
    private var hasEnded = false
    private var whenEnded: (@Loop (ProviderError?) -> Void)?
    /// Read ahead by ``awaitFirstToken()``.
    private var early: [ChatChunk] = []

    init(
        _ stream: any ChatStream,
        _ held: HeldCall,
        meter: Meter,
        firstToken: Histogram,
        start: Instant,
        clock: any Clock
    ) {
        self.stream = stream
        self.held = held
        self.meter = meter
        self.firstToken = firstToken
        self.start = start
        self.clock = clock
    }

    /// Who answers.
    package var model: ModelChoice { held.model }

    /// What the call was charged at its end; nil before it, and where nothing was bought.
    private(set) var charged: TokenUsage?

    /// The tokens as the provider said them, else as estimated from what came so far.
    package var usage: TokenUsage {
        said
            ?? TokenUsage(
                input: held.input,
                output: TokenEstimate.tokens(bytes: received),
                isEstimated: true
            )
    }

    /// The next piece; nil after the answer's proper end, when the call is settled.
    ///
    /// - Throws: ``BotError/provider(_:)``; the call is then settled with what came.
    package func next() async throws(BotError) -> ChatChunk? {
        if !early.isEmpty { return early.removeFirst() }
        return try await read()
    }

    /// Waits until the answer has certainly begun; what came of it is kept for ``next()``.
    ///
    /// - Throws: as ``next()``; nothing of the answer was then seen by anybody.
    func awaitFirstToken() async throws(BotError) {
        while !hasText, early.count < MeteredStream.mostEarly, let chunk = try await read() {
            early.append(chunk)
            if chunk.finish != nil || chunk.carriesToolCall { return }
        }
    }

    private func read() async throws(BotError) -> ChatChunk? {
        do {
            guard let chunk = try await stream.next() else {
                settle(nil)
                return nil
            }
            count(chunk)
            said = chunk.usage ?? said
            return chunk
        } catch {
            settle(error)
            throw .provider(error)
        }
    }

    private func count(_ chunk: ChatChunk) {
        if !hasText, !chunk.text.isEmpty {
            hasText = true
            firstToken.observe(clock.now - start)
        }
        // Tool calls and hidden reasoning come about a token a piece.
        let isHidden = chunk.text.isEmpty && chunk.finish == nil && !chunk.isUsageAlone
        received += isHidden ? MeteredStream.hiddenBytes : chunk.text.utf8.count
    }

    private static let hiddenBytes = 4
    /// Pieces kept while the first token is awaited; after so many without one it is waited no more.
    private static let mostEarly = 64

    /// Ends the call at the provider too, if it goes on, and settles it.
    package func finish() {
        stream.cancel()
        settle(.cancelled)
    }

    // Whoever asked may be gone before he could read anything.
    isolated deinit { finish() }

    func onEnd(_ action: @escaping @Loop (ProviderError?) -> Void) { whenEnded = action }

    private func settle(_ error: ProviderError?) {
        guard !hasEnded else { return }
        hasEnded = true
        if let error, said == nil {
            charged = meter.end(held, after: error, received: usage.output)
        } else {
            meter.settle(held, usage)
            charged = usage
        }
        whenEnded?(error)
        whenEnded = nil
    }
}
