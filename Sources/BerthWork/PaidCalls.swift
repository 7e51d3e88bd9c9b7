package import BerthLoop
import BerthProviders
import BerthQueue
package import BerthTelemetry

/// Makes calls on a tenant's account: holds the worst case, waits for a permit, writes the call
/// down, asks the provider.
///
/// Everything that is bought goes through here.
@Loop package final class PaidCalls {
    private let meter: Meter
    private let queues: ProviderQueues
    private let lists: ModelLists
    private let metrics: WorkMetrics
    private let surroundings: Surroundings
    /// Closed while the process is short of memory.
    package let gate: PressureGate

    /// Makes it over a meter, the providers' queues and the explanations of unknown models.
    package init(
        _ meter: Meter,
        _ queues: ProviderQueues,
        _ lists: ModelLists,
        _ metrics: WorkMetrics,
        in surroundings: Surroundings
    ) {
        self.meter = meter
        self.queues = queues
        self.lists = lists
        self.metrics = metrics
        self.surroundings = surroundings
        gate = PressureGate(in: surroundings)
    }

    /// Holds the worst case of `ask` at the first of its models.
    ///
    /// - Parameters:
    ///   - ask: not held yet.
    ///   - needsRoom: false for a turn that was accepted before and for a caller that joins a call
    ///     under way.
    /// - Returns: the held call.
    /// - Throws: ``BotError/overQuota(_:wait:)``, or ``BotError/queue(_:)`` when the queue is full.
    package func hold(_ ask: Ask, needsRoom: Bool = true) throws(BotError) -> Held {
        try holdFirst(ask, needsRoom)
    }

    /// Holds the worst case of `ask` at the first of its models.
    ///
    /// The parameters and errors are those of ``hold(_:needsRoom:)-(Ask,_)``.
    package func hold(_ ask: PictureAsk, needsRoom: Bool = true) throws(BotError) -> Held {
        try holdFirst(ask, needsRoom)
    }

    private func holdFirst<Asked: PaidAsk>(
        _ ask: Asked,
        _ needsRoom: Bool
    ) throws(BotError) -> Held {
        if needsRoom { try queues.checkRoom(for: ask.payer, Asked.paid(ask.models[0])) }
        return try meter.hold(ask, ask.models[0])
    }

    /// Sleeps before the next attempt, until an operator resumes one of the providers.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    package func sleep(
        for pause: Duration,
        orUntilResumed providers: [String]
    ) async throws(CancellationError) {
        try await queues.sleep(for: pause, orUntilResumed: providers)
    }

    // MARK: Asking

    /// Asks the first of the models for a whole answer, and where it fails the next.
    ///
    /// - Parameters:
    ///   - ask: the question.
    ///   - held: the reservation at the first model, if it is taken already.
    ///   - bill: the others who share the call.
    /// - Returns: the answer, its model, its tokens and the payer's share of them.
    /// - Throws: ``BotError`` of the last model that was asked. A call that may have been bought is
    ///   charged all the same.
    func complete(
        _ ask: Ask,
        _ held: consuming Held?,
        sharedWith bill: Bill? = nil
    ) async throws(BotError) -> PaidCompletion {
        try await firstOf(ask, held, bill) {
            (model, running, isLast) throws(BotError) -> PaidCompletion in
            do throws(ProviderError) {
                let answer = try await running.complete(ask, at: model)
                Loop.works(
                    on: WorkLabel("an answer", tenant: ask.payer.name, request: ask.requestID)
                )
                let usage = answer.usage.completed(
                    prompt: running.call.input,
                    rest: answer.estimatedOutput
                )
                let settled = running.settle(usage, sharedWith: bill, buying: answer.text)
                return PaidCompletion(
                    answer: answer,
                    model: model,
                    usage: usage,
                    share: settled.share
                )
            } catch {
                if ask.isLeft(after: error) {
                    running.leave()
                    throw .provider(.cancelled)
                }
                throw failed(running, model, error, isLast ? bill : nil)
            }
        }
    }

    /// Asks the first of the models for a streamed answer, and where it fails before its first token
    /// the next.
    ///
    /// The parameters are those of ``complete(_:_:sharedWith:)``.
    ///
    /// - Returns: an answer that has begun, or the last model's, which may still fail.
    /// - Throws: ``BotError`` of the last model that was asked, when no answer begins.
    func stream(
        _ ask: Ask,
        _ held: consuming Held?,
        sharedWith bill: Bill? = nil
    ) async throws(BotError) -> PaidAnswer {
        try await firstOf(ask, held, bill) { (model, running, isLast) throws(BotError) in
            let stream: any ChatStream
            do throws(ProviderError) {
                stream = try await running.stream(ask, at: model)
            } catch { throw failed(running, model, error, isLast ? bill : nil) }
            let answer = PaidAnswer(
                stream,
                model,
                running,
                bill,
                Stopwatch(metrics.firstToken, since: ask.since, surroundings.clock)
            )
            // The last model's failure is its client's to see. Only before it there is another way.
            if !isLast { try await answer.awaitFirstToken() }
            return answer
        }
    }

    private func failed(
        _ running: consuming Running,
        _ model: ModelChoice,
        _ error: ProviderError,
        _ bill: Bill?
    ) -> BotError {
        let error = running.blamed(error)
        _ = running.fail(error, sharedWith: bill)
        if error.isUnknownModel { lists.explain(model) }
        return .provider(error)
    }

    // MARK: One model after the other

    typealias Attempt<Model, Answer> =
        @Loop (Model, consuming Running, Bool) async throws(BotError) -> Answer

    /// Tries the models in order, as long as the next one may mend the failure of the last.
    ///
    /// - Returns: the first answer.
    /// - Throws: ``BotError``: the last failure, or the first that no other model can mend. If an
    ///   earlier model may already have charged, no retryable error is reported, because the caller
    ///   would retry and pay twice.
    func firstOf<Asked: PaidAsk, Answer>(
        _ ask: Asked,
        _ held: consuming Held?,
        _ bill: Bill?,
        _ attempt: Attempt<Asked.Model, Answer>
    ) async throws(BotError) -> Answer {
        var ready = consume held
        var bought: BotError?
        for (index, model) in ask.models.enumerated() {
            let isLast = index == ask.models.count - 1
            do throws(BotError) {
                let call = if let held = ready.take() { held } else { try meter.hold(ask, model) }
                let running = try await start(ask, call, bill)
                return try await attempt(model, running, isLast)
            } catch {
                let disposition = error.disposition
                let mayGoOn = Asked.mayBuyTwice || !disposition.mayHaveBought
                guard !isLast, disposition.mayGoElsewhere, mayGoOn, !Task.isCancelled else {
                    throw disposition.isPassing ? bought ?? error : error
                }
                if disposition.mayHaveBought { bought = bought ?? error }
                surroundings.log.warning(
                    "the next model is asked",
                    [
                        "request": .text(ask.requestID), "instead_of": .text(Asked.paid(model).id),
                        "why": .text(error.logged),
                    ]
                )
            }
        }
        throw .unknownModel("", known: [])  // an ask has a model
    }

    /// Waits for the right to make a held call, and writes the call down.
    ///
    /// - Throws: ``BotError``. The call is released then.
    private func start(
        _ ask: some PaidAsk,
        _ held: consuming Held,
        _ bill: Bill?
    ) async throws(BotError) -> Running {
        try await gate.pass(ask)
        let permit: CallPermit?
        do throws(QueueError) {
            permit = try await queues.permit(for: held.call, sharedWith: bill, ask.listener)
        } catch { throw BotError(error) }
        do throws(BotError) { try check(held.call, bill) } catch {
            permit?.end(after: .cancelled)
            throw error
        }
        let running = try await meter.start(held, permit)
        do throws(BotError) { try check(running.call, bill) } catch {
            running.release()
            throw error
        }
        ask.open?.asks()
        bill?.asks()
        return running
    }

    /// Checks that a call may still be made, after each wait before its provider is asked.
    ///
    /// Every payer is checked. A sharer that may not ask any more leaves, and the call is cancelled
    /// if it was the last reader.
    private func check(_ call: PendingCall, _ bill: Bill?) throws(BotError) {
        bill?.refuse { sharer throws(BotError) in try check(sharer) }
        if Task.isCancelled { throw .provider(.cancelled) }
        try check(call)
    }

    private func check(_ call: PendingCall) throws(BotError) {
        try call.payer.mayAsk()
        try meter.check(call)
    }
}

/// A whole answer that was bought.
struct PaidCompletion: Sendable {
    let answer: ChatCompletion
    let model: ModelChoice
    /// Its tokens, as the provider said them or as estimated.
    let usage: TokenUsage
    /// The payer's share of them.
    let share: TokenUsage?
}
