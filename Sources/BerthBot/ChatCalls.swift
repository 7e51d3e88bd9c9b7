import BerthCache
import BerthHTTP
package import BerthLoop
package import BerthMemory
package import BerthProviders
import BerthQueue
import BerthStore
import BerthTelemetry
package import BerthText

/// What is asked, of whom, on whose account.
package struct ChatOrder: Sendable {
    /// A chat-completions request.
    package let request: JSONObject
    /// Those to try, in order; at least one.
    package let models: [ModelChoice]
    /// Who pays.
    package let payer: LiveTenant
    /// What is paid for beforehand of the memory that answering takes.
    package let memory: PrepaidMemory
    /// For the log.
    package var requestID = "-"
    /// Whether its prompt is known to carry nothing of the payer's: no history, no own system text.
    var isContextFree = false
    /// Under which kind its answer is kept.
    var kind = CacheKind.answer
    /// The turn that it answers; nil: an API call.
    var turn: Turn.ID?
    /// Since when the asker waits, for the latency of the first word.
    let since: Instant
    /// Written with each call's row, before its provider is asked.
    var note: LedgerNote?
    /// Hears the place in the queue.
    var listener: PlaceListener?
    /// Keeps leased what ``request`` takes, for as long as anybody may read it.
    package var holding: (any AnyObject & Sendable)?
    /// The reservation for the first model, where it is taken already.
    var held: HeldCall?
    /// The others who have asked for the same and share the cost.
    var bill: SharedBill?
    /// The memory of what waits and of who listens.
    private var entry: LeaseHolder?
    /// It may outlive whoever asked: others listen to the same answer.
    private let work: MemoryWork

    /// What one call or turn takes while it waits and runs, beside texts and buffers: its tasks, its
    /// reservation, its place in line.
    ///
    /// Measured with ``listenerSize`` (release, malloc's blocks in use): an API call that waits takes
    /// 25 KiB (400 of them), a turn that nobody reads 15 KiB beside its stream (50 of them).
    static let entrySize = ByteCount.kibibytes(8)
    /// What a connection takes on which an answer is awaited: its pool, exchange, tasks and writes.
    ///
    /// Measured as above: 26 KiB for the events of a turn, 8 KiB of it the pool.
    package static let listenerSize = ByteCount.kibibytes(20)

    /// What an API call needs whose body has `size`: the body, and what asking takes.
    package static func need(of size: ByteCount) -> ByteCount {
        size + ChatCall.need(of: size) + entrySize + listenerSize
    }

    /// An API call's order; `memory`: paid for at the door.
    @Loop package init(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ payer: LiveTenant,
        memory: PrepaidMemory? = nil,
        requestID: String = "-",
        since: Instant
    ) {
        self.request = request
        self.models = models
        self.payer = payer
        self.memory = memory ?? PrepaidMemory(of: payer.account)
        self.requestID = requestID
        self.since = since
        work = payer.account.begin()
    }

    /// This order with its place paid for, and that of who listens to it alone.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    @Loop func entered(listening: Bool) throws(BotError) -> ChatOrder {
        guard entry == nil else { return self }
        var order = self
        let size = ChatOrder.entrySize + (listening ? ChatOrder.listenerSize : .zero)
        do {
            order.entry = LeaseHolder(try memory.take(size, for: .queueEntry))
        } catch {
            throw .memory(error)
        }
        return order
    }
}

/// An answer that came whole.
struct CompleteAnswer: Sendable {
    let completion: ChatCompletion
    let model: ModelChoice
    /// Its tokens, as the provider said them or as estimated.
    let usage: TokenUsage
    /// The payer's share of them.
    let share: TokenUsage

    init(
        _ completion: ChatCompletion,
        _ model: ModelChoice,
        _ usage: TokenUsage,
        _ share: TokenUsage
    ) {
        self.completion = completion
        self.model = model
        self.usage = usage
        self.share = share
    }
}

/// Asks a model on a tenant's account: reserve, wait for a permit, ask, settle.
///
/// Everything that is bought goes through here.
@Loop final class ChatCalls {
    private let meter: Meter
    private let queues: ProviderQueues
    /// Closed while the process is short of memory.
    let gate: PressureGate
    private let surroundings: Surroundings
    private let metrics: BotMetrics
    /// Hears of a model that its provider does not know.
    var onUnknownModel: (@Loop (ModelChoice) -> Void)?

    init(
        meter: Meter,
        queues: ProviderQueues,
        in surroundings: Surroundings,
        metrics: BotMetrics
    ) {
        self.meter = meter
        self.queues = queues
        gate = PressureGate(in: surroundings)
        self.surroundings = surroundings
        self.metrics = metrics
    }

    /// Holds the worst case of `order` at the first of its models.
    ///
    /// `needsRoom`: not what was accepted before, nor what joins a call that is on its way.
    ///
    /// - Throws: ``BotError/overQuota(_:wait:)``, or ``BotError/queue(_:)`` when as much waits as may.
    func hold(_ order: ChatOrder, needsRoom: Bool = true) throws(BotError) -> HeldCall {
        if needsRoom { try queues.checkRoom(for: order.payer, order.models[0]) }
        return try hold(order, order.models[0])
    }

    /// Gives a reservation back that came to nothing.
    func release(_ held: HeldCall) { meter.release(held) }

    // MARK: Asking

    /// Asks the first of the models for a whole answer, where it fails the next.
    ///
    /// - Returns: the answer, the model that gave it, its tokens, and the payer's share of them.
    /// - Throws: ``BotError`` of the last model that was asked; what may have been bought is charged
    ///   all the same.
    func complete(
        _ order: ChatOrder
    ) async throws(BotError) -> CompleteAnswer {
        try await firstOf(order) { (call, held, permit, isLast) throws(BotError) in
            do throws(ProviderError) {
                let completion = try await held.model.provider.complete(call)
                let usage =
                    completion.usage
                    ?? TokenUsage(
                        input: held.input,
                        output: TokenEstimate.of(completion.text),
                        isEstimated: true
                    )
                permit?.end(usage)
                let share = meter.settle(held, usage, with: order.bill?.close() ?? [])
                return CompleteAnswer(completion, held.model, usage, share)
            } catch { throw failed(held, permit, error, isLast ? order.bill : nil) }
        }
    }

    /// Asks the first of the models for a streamed answer, where it fails before its first token the
    /// next.
    ///
    /// - Returns: an answer that has begun, or the last model's, which may yet fail.
    /// - Throws: ``BotError`` of the last model that was asked, when no answer begins.
    func stream(_ order: ChatOrder) async throws(BotError) -> MeteredStream {
        try await firstOf(order) {
            (call, held, permit, isLast) throws(BotError) -> MeteredStream in
            let stream: MeteredStream
            do throws(ProviderError) {
                stream = MeteredStream(
                    try await held.model.provider.stream(call),
                    held,
                    permit,
                    bill: order.bill,
                    meter: meter,
                    firstToken: metrics.firstToken,
                    since: order.since,
                    in: surroundings
                )
            } catch { throw failed(held, permit, error, isLast ? order.bill : nil) }
            // The last one's failure is its client's to see; only before it is there another way.
            if !isLast { try await stream.awaitFirstToken() }
            return stream
        }
    }

    private func failed(
        _ held: HeldCall,
        _ permit: CallPermit?,
        _ error: ProviderError,
        _ bill: SharedBill?
    ) -> BotError {
        permit?.end(after: error)
        meter.end(held, after: error, received: 0, with: bill?.close() ?? [])
        if error.isUnknownModel { onUnknownModel?(held.model) }
        return .provider(error)
    }

    // MARK: One model after the other

    private typealias Ask<Answer> =
        @Loop (ChatCall, HeldCall, CallPermit?, Bool) async throws(BotError) -> Answer

    /// Tries the models in order, as long as one's failure may be made good by the next.
    ///
    /// - Returns: the first answer.
    /// - Throws: ``BotError``: the last failure, or the first that no other model can make good. One
    ///   that may pass is not told where a model before may have been paid: it would be asked again.
    private func firstOf<Answer>(
        _ order: ChatOrder,
        _ ask: Ask<Answer>
    ) async throws(BotError) -> Answer {
        var held = order.held
        var bought: BotError?
        for (index, model) in order.models.enumerated() {
            let isLast = index == order.models.count - 1
            do throws(BotError) {
                let call = if let held { held } else { try hold(order, model) }
                held = nil
                let permit = try await begin(order, call)
                return try await ask(chatCall(order, model), call, permit, isLast)
            } catch {
                guard !isLast, error.mayBeMadeGood, !Task.isCancelled else {
                    throw error.isPassing ? bought ?? error : error
                }
                if error.mayHaveBought { bought = bought ?? error }
                surroundings.log.warning(
                    "the next model is asked",
                    [
                        "request": .text(order.requestID), "instead_of": .text(model.id),
                        "why": .text(error.logged),
                    ]
                )
            }
        }
        throw .unknownModel("", known: [])  // an order has a model
    }

    /// Waits for the right to make a call that is held, and writes it down.
    ///
    /// - Throws: ``BotError``; the call is then released.
    private func begin(
        _ order: ChatOrder,
        _ call: HeldCall
    ) async throws(BotError) -> CallPermit? {
        do throws(BotError) { try await gate.pass(order) } catch {
            meter.release(call)
            throw error
        }
        let permit: CallPermit?
        do throws(QueueError) {
            permit = try await queues.permit(
                for: call,
                sharedBy: order.bill,
                listener: order.listener
            )
        } catch {
            meter.release(call)
            throw BotError(error)
        }
        do throws(BotError) {
            try await meter.write(call, with: order.note)
            if Task.isCancelled { throw .provider(.cancelled) }
        } catch {
            permit?.end(after: .cancelled)
            meter.release(call)
            throw error
        }
        return permit
    }

    private func hold(_ order: ChatOrder, _ model: ModelChoice) throws(BotError) -> HeldCall {
        let choices = max(1, order.request.integer("n") ?? 1)
        return try meter.hold(
            model,
            input: TokenEstimate.input(of: order.request),
            output: maximumOutput(order, model) * choices,
            for: order.payer,
            turn: order.turn
        )
    }

    /// What is asked of the provider.
    private func chatCall(_ order: ChatOrder, _ model: ModelChoice) -> ChatCall {
        ChatCall(
            request: order.request,
            model: model.model,
            maximumOutput: maximumOutput(order, model),
            user: order.payer.providerUser,
            memory: order.memory
        )
    }

    private func maximumOutput(_ order: ChatOrder, _ model: ModelChoice) -> Int {
        let asked =
            order.request.integer("max_completion_tokens") ?? order.request.integer("max_tokens")
        return min(asked ?? model.output, model.output)
    }
}
