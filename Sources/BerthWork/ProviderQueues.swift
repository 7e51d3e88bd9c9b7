package import BerthConfig
package import BerthLoop
import BerthProviders
package import BerthQueue
import BerthStore
package import BerthTelemetry

/// The queue before each provider, and the estimated duration of each model's calls.
///
/// One bound on waiting requests serves all queues. The demo runs in this process and has no queue.
@Loop package final class ProviderQueues {
    private let clock: any Clock
    private let metrics: WorkMetrics
    private var queues: [String: Dispatcher] = [:]
    private var gates: [String: ProviderGate] = [:]
    private var forecasts: [String: Forecast] = [:]
    /// Turns that sleep before their next attempt, and their providers.
    private var sleepers: [(bell: Wakeup, providers: [String])] = []

    /// Makes a queue for each of the configured providers.
    package init(
        _ providers: [Configuration.Provider],
        _ policy: WorkPolicy,
        _ metrics: WorkMetrics,
        in surroundings: Surroundings
    ) {
        clock = surroundings.clock
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

    /// Checks that one more request of `tenant` may wait for `model`.
    ///
    /// - Throws: ``BotError/queue(_:)`` with the estimated time until a waiting request starts.
    func checkRoom(for tenant: LiveTenant, _ model: PaidModel) throws(BotError) {
        do throws(QueueError) {
            try queues[model.provider]?.checkRoom(for: tenant.name)
        } catch { throw BotError(error) }
    }

    /// Waits in fair order for the right to make a held call.
    ///
    /// - Parameters:
    ///   - call: held already.
    ///   - bill: the others who share the call. It goes when the first of them may.
    ///   - listener: hears the queue position while it waits.
    /// - Returns: the permit, which is told the call's end, or nil for a provider without a queue.
    /// - Throws: ``QueueError``, at once if the provider is not to be asked now.
    func permit(
        for call: PendingCall,
        sharedWith bill: Bill?,
        _ listener: PlaceListener?
    ) async throws(QueueError) -> CallPermit? {
        guard let queue = queues[call.model.provider] else { return nil }
        let asked = clock.now
        let permit: Permit
        if let bill {
            let request = SharedRequest(queue, listener: listener)
            let wait = PermitWait(request, for: call, in: self)
            bill.queue(wait)
            defer { bill.queue(nil) }
            for payer in [call.payer] + bill.joined { wait.add(payer) }
            permit = try await wait.permit()
        } else {
            permit = try await queue.acquire(request(call, call.payer), listener: listener)
        }
        metrics.queueWait.observe(clock.now - asked)
        return CallPermit(permit, call.model, self, clock: clock)
    }

    /// A call's entry in the queue of one of its payers.
    func request(_ call: PendingCall, _ payer: LiveTenant) -> WorkRequest {
        let (id, price, input) = (call.model.id, call.model.price, call.input)
        let pictures = call.model.picture * call.reservation.amounts[.images]
        return WorkRequest(
            lane: call.model.lane,
            tenant: payer.name,
            model: call.model.model,
            mark: call.mark,
            tokens: Int(call.reservation.amounts.tokens)
        ) { [weak self] in
            let forecast = self?.forecasts[id] ?? Forecast()
            return WorkCost(
                duration: forecast.duration,
                micros: price.cost(input: input, output: forecast.output) + pictures
            )
        }
    }

    /// Learns the duration and the output tokens of a call of `model`.
    func learn(_ model: PaidModel, _ duration: Duration, output: Int) {
        forecasts[model.id, default: Forecast()].learn(duration, output)
    }

    /// Closes the breakers of a provider, or of one of its models, and lifts pauses.
    ///
    /// - Returns: the number of breakers that blocked calls; nil if there is no such provider.
    package func resume(_ provider: String, model: String? = nil) -> Int? {
        guard let gate = gates[provider] else { return nil }
        let count = gate.resume(model: model)
        for sleeper in sleepers where count > 0 && sleeper.providers.contains(provider) {
            sleeper.bell.signal()
        }
        return count
    }

    /// Sleeps for `pause`, or until one of `providers` is resumed.
    func sleep(
        for pause: Duration,
        orUntilResumed providers: [String]
    ) async throws(CancellationError) {
        let bell = Wakeup()
        sleepers.append((bell, providers))
        let timer = clock.schedule(after: pause) { bell.signal() }
        defer {
            timer.cancel()
            sleepers.removeAll { $0.bell === bell }
        }
        try await bell.wait()
    }

    /// Refuses all waiting requests and all new ones.
    package func stop() { for queue in queues.values { queue.stop() } }

    // MARK: Reports

    /// The waiting and running calls of a lane, over all providers.
    package func count(in lane: Lane) -> (waiting: Int, running: Int) {
        queues.values.reduce((0, 0)) { sum, queue in
            (sum.0 + queue.waiting(in: lane), sum.1 + queue.running(in: lane))
        }
    }

    /// The time of an instant of the queues, for reports.
    package func timestamp(of instant: Instant) -> Timestamp {
        clock.timestamp + (instant - clock.now)
    }

    /// The state of each provider, by name.
    package var states: [ProviderState] { gates.keys.sorted().compactMap(state) }

    /// The state of a provider, or nil if it has no queue.
    package func state(of provider: String) -> ProviderState? {
        guard let gate = gates[provider], let queue = queues[provider] else { return nil }
        return ProviderState(
            provider: provider,
            waiting: queue.waiting,
            running: gate.running,
            limit: gate.limit,
            blocked: gate.blocked
        )
    }
}

/// Estimated duration and output of a model's calls: the first call's values, then a moving average
/// over about five calls.
///
/// A model that has not answered yet is expected to cost nothing, and its real cost is settled
/// after the call. A guess that is too high would be refunded to the tenant that was served, which
/// would then precede all waiting tenants.
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
