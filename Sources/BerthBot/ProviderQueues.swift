import BerthConfig
package import BerthLoop
import BerthProviders
package import BerthQueue
import BerthStore
import BerthTelemetry

/// The queue before each provider, and what it has learnt of how long calls take.
///
/// One bound on what waits serves all of them. The demo has no queue: it is this process.
@Loop package final class ProviderQueues {
    private let surroundings: Surroundings
    private let metrics: BotMetrics
    private var queues: [String: Dispatcher] = [:]
    private var gates: [String: ProviderGate] = [:]
    private var forecasts: [String: Forecast] = [:]

    /// Makes a queue for each of the configured providers.
    init(
        _ providers: [Configuration.Provider],
        _ policy: WorkPolicy,
        _ metrics: BotMetrics,
        in surroundings: Surroundings
    ) {
        self.surroundings = surroundings
        self.metrics = metrics
        let bound = QueueBound(perTenant: policy.waitingPerTenant, total: policy.waiting)
        for provider in providers {
            var limits = ProviderLimits(
                requestsPerMinute: provider.requestsPerMinute,
                tokensPerMinute: provider.tokensPerMinute,
                concurrency: provider.concurrency
            )
            limits.breaker = policy.breaker
            let gate = ProviderGate(
                provider: provider.name,
                limits: limits,
                in: surroundings
            )
            gates[provider.name] = gate
            queues[provider.name] = Dispatcher(gate: gate, bound: bound, in: surroundings)
        }
    }

    /// Whether one more request of `tenant` may wait for `model`.
    ///
    /// - Throws: ``BotError/queue(_:)`` with the time until one of those that wait should start.
    func checkRoom(for tenant: LiveTenant, _ model: ModelChoice) throws(BotError) {
        do throws(QueueError) {
            try queues[model.provider.name]?.checkRoom(for: tenant.name)
        } catch { throw BotError(error) }
    }

    /// Waits in fair order for the right to make `call`.
    ///
    /// - Parameters:
    ///   - call: held already.
    ///   - bill: whoever shares the call; it goes when the first of them may.
    ///   - listener: hears the place while it waits.
    /// - Returns: what the call's end is told; nil for a provider without a queue.
    /// - Throws: ``QueueError``; at once where the provider is not to be asked now.
    func permit(
        for call: HeldCall,
        sharedBy bill: SharedBill? = nil,
        listener: PlaceListener?
    ) async throws(QueueError) -> CallPermit? {
        guard let queue = queues[call.model.provider.name] else { return nil }
        let asked = surroundings.clock.now
        let permit: Permit
        if let bill {
            let wait = SharedRequest(queue, listener: listener)
            bill.onJoin = { [weak self] in if let self { wait.add(self.request(call, $0)) } }
            defer { bill.onJoin = nil }
            for asker in [call.payer] + bill.joined { wait.add(request(call, asker)) }
            permit = try await wait.permit()
        } else {
            permit = try await queue.acquire(request(call, call.payer), listener: listener)
        }
        metrics.queueWait.observe(surroundings.clock.now - asked)
        let id = call.model.id
        return CallPermit(permit, call.model, in: surroundings) { [weak self] duration, output in
            self?.forecasts[id, default: Forecast()].learn(duration, output)
        }
    }

    /// `call` in the line of `tenant`.
    private func request(_ call: HeldCall, _ tenant: LiveTenant) -> WorkRequest {
        let (id, price, input) = (call.model.id, call.model.price, call.input)
        return WorkRequest(
            lane: .chat,
            tenant: tenant.name,
            tokens: call.reservation.tokens
        ) { [weak self] in
            let forecast = self?.forecasts[id] ?? Forecast()
            return WorkCost(
                duration: forecast.duration,
                micros: price.cost(input: input, output: forecast.output)
            )
        }
    }

    /// Refuses all who wait and all who come.
    package func stop() { for name in queues.keys.sorted() { queues[name]?.stop() } }

    // MARK: Reports

    /// What waits and runs in a lane, at all providers together.
    package func count(in lane: Lane) -> (waiting: Int, running: Int) {
        queues.values.reduce((0, 0)) { sum, queue in
            (sum.0 + queue.waiting(in: lane), sum.1 + queue.running(in: lane))
        }
    }

    /// How each provider stands, by name.
    package var states: [ProviderState] { gates.keys.sorted().compactMap(state) }

    /// How a provider stands; nil for one without a queue.
    package func state(of provider: String) -> ProviderState? {
        guard let gate = gates[provider], let queue = queues[provider] else { return nil }
        return ProviderState(
            provider: provider,
            waiting: queue.waiting,
            running: gate.running,
            limit: gate.limit,
            access: ProviderState.Access(gate)
        )
    }
}

/// How a provider stands at this moment.
package struct ProviderState: Sendable {
    /// Whether it is asked.
    package enum Access: String, Sendable {
        /// It is.
        case open
        /// It asked for a pause, which is not over.
        case paused
        /// It kept failing and is left alone; nothing is asked before a call finds it well.
        case failing
    }

    /// The name, as configured.
    package let provider: String
    /// Calls that wait for it, of all lanes.
    package let waiting: Int
    /// Calls that have a permit.
    package let running: Int
    /// How many may have one now, 1 to the configured `concurrency`.
    package let limit: Int
    /// Whether it is asked.
    package let access: Access
}

extension ProviderState.Access {
    @Loop fileprivate init(_ gate: ProviderGate) {
        self =
            if case .closed = gate.state { gate.isPaused ? .paused : .open } else { .failing }
    }
}

/// How long a model's calls take and how much they bring: what the first one did, then moving
/// averages over about five calls.
///
/// A model that has not answered yet is expected to cost nothing: what it does cost is settled after.
/// A guess that is too high would be given back to whoever was served, ahead of all who wait.
private struct Forecast {
    private(set) var duration = Duration.zero
    private(set) var output = 0
    private var isLearned = false

    mutating func learn(_ duration: Duration, _ output: Int) {
        let share = isLearned ? 0.2 : 1
        self.duration = self.duration * (1 - share) + duration * share
        self.output += Int(Double(output - self.output) * share)
        isLearned = true
    }
}

/// A call's permit, ended once with what the call came to.
@Loop final class CallPermit {
    private let permit: Permit
    private let model: ModelChoice
    private let surroundings: Surroundings
    private let learn: @Loop (Duration, Int) -> Void
    private let began: Instant
    private var latency: Duration?

    init(
        _ permit: Permit,
        _ model: ModelChoice,
        in surroundings: Surroundings,
        learn: @escaping @Loop (Duration, Int) -> Void
    ) {
        self.permit = permit
        self.model = model
        self.surroundings = surroundings
        self.learn = learn
        began = surroundings.clock.now
    }

    /// The first of the answer is there.
    func hasAnswered() { latency = latency ?? surroundings.clock.now - began }

    /// The answer came whole.
    func end(_ usage: TokenUsage) {
        hasAnswered()
        let duration = surroundings.clock.now - began
        learn(duration, usage.output)
        permit.end(
            .done(latency: latency ?? duration),
            tokens: usage.input + usage.output,
            cost: WorkCost(
                duration: duration,
                micros: model.price.cost(input: usage.input, output: usage.output)
            )
        )
    }

    /// It did not.
    func end(after error: ProviderError) { permit.end(error.outcome) }
}

extension ProviderError {
    /// What the queue learns from it.
    fileprivate var outcome: CallOutcome {
        switch self {
        case .cancelled, .memory, .memoryMidway, .busy: .cancelled
        case .rateLimited(_, let retryAfter): .failed(.rateLimited(retryAfter: retryAfter))
        case .unavailable(_, 503, let retryAfter), .unavailable(_, 529, let retryAfter):
            .failed(.overloaded(retryAfter: retryAfter))
        case .timedOut: .failed(.timedOut)
        case .keyRefused, .accountEmpty: .failed(.unusable)
        case .refused: .failed(.refused)
        case .unavailable, .unreachable, .failedMidway, .cut, .malformed: .failed(.broken)
        }
    }
}
