package import BerthLoop
package import BerthTelemetry

/// Gives one provider's permits to those who wait for it, in fair order.
///
/// Nothing polls: it looks when somebody comes or goes, when a call ends, and at the instant that
/// the gate has named. Who comes within one turn of the loop is ordered before anybody goes (a timer
/// of zero on the clock: a ``ManualClock`` must be advanced, if only by zero).
@Loop package final class Dispatcher {
    private let gate: ProviderGate
    private let queue: FairQueue<Waiter>
    private let surroundings: Surroundings
    private let notices: PlaceNotices
    private var runningByLane: [Lane: Int] = [:]
    private var isStopping = false
    private var isPumpPlanned = false
    private var opening: Timer?
    /// When somebody last had to wait.
    private var held: Instant?
    /// How long a call holds its permit: a moving average; nil: none has ended yet.
    private var duration: Duration?
    private var drained: [Wakeup] = []

    /// Makes a dispatcher for `gate`, which then belongs to it.
    ///
    /// - Parameters:
    ///   - gate: the provider's.
    ///   - policy: weights and ageing.
    ///   - bound: how much may wait; shared with the other providers' dispatchers.
    ///   - notice: the least time between two notices to the same listener.
    ///   - surroundings: the gate's.
    package init(
        gate: ProviderGate,
        policy: QueuePolicy = QueuePolicy(),
        bound: QueueBound,
        notice: Duration = .seconds(1),
        in surroundings: Surroundings
    ) {
        self.gate = gate
        self.surroundings = surroundings
        let queue = FairQueue<Waiter>(in: surroundings, policy: policy, bound: bound)
        self.queue = queue
        notices = PlaceNotices(in: surroundings, interval: notice) { queue.place(of: $0) }
        gate.onChange = { [weak self] in self?.planPump() }
    }

    /// How many wait, in all lanes together.
    package var waiting: Int { queue.count }

    /// How many wait in `lane`.
    package func waiting(in lane: Lane) -> Int { queue.count(in: lane) }

    /// How many calls of `lane` have a permit.
    package func running(in lane: Lane) -> Int { runningByLane[lane] ?? 0 }

    // MARK: Asking

    /// Whether one more request of `tenant` may wait.
    ///
    /// - Throws: ``QueueError`` where it may not.
    package func checkRoom(for tenant: String) throws(QueueError) {
        guard !isStopping else { throw .stopped }
        try queue.checkRoom(for: tenant)
    }

    /// Waits for a permit in fair order.
    ///
    /// - Parameters:
    ///   - request: who asks for what.
    ///   - listener: hears the place and the expected wait while it waits.
    /// - Returns: the permit, to be ended by the caller.
    /// - Throws: ``QueueError``: refused at once when full; `closed`, also while it waits, when the
    ///   provider fails; `cancelled` with the task; `stopped` at the stop.
    package func acquire(
        _ request: WorkRequest,
        listener: PlaceListener? = nil
    ) async throws(QueueError) -> Permit {
        let result: Result<Permit, QueueError>
        let cancel = Cancel()
        result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                cancel.ticket = submit(request, listener: listener) {
                    continuation.resume(returning: $0)
                }
            }
        } onCancel: {
            Loop.post { if let ticket = cancel.ticket { self.cancel(ticket) } }
        }
        return try result.get()
    }

    /// The ticket that a task's cancelling takes out of the queue.
    @Loop private final class Cancel {
        var ticket: QueueTicket<Waiter>?
        nonisolated init() {}
    }

    /// Puts a request into the queue; `answer` is called once: at once when it is refused.
    ///
    /// - Returns: what ``cancel(_:)`` takes; nil when it was refused.
    @discardableResult
    func submit(
        _ request: WorkRequest,
        listener: PlaceListener? = nil,
        answer: @escaping @Loop (Result<Permit, QueueError>) -> Void
    ) -> QueueTicket<Waiter>? {
        do throws(QueueError) {
            try checkOpen()
            let ticket = try queue.enqueue(
                Waiter(request, listener: listener, answer: answer),
                lane: request.lane,
                tenant: request.tenant,
                predict: request.predict
            )
            planPump()
            notices.add(ticket)
            return ticket
        } catch {
            answer(.failure(error))
            return nil
        }
    }

    /// Takes a request out of the queue, whose answer is then `cancelled`; too late does nothing.
    func cancel(_ ticket: QueueTicket<Waiter>) {
        guard queue.cancel(ticket) else { return }
        notices.remove(ticket)
        ticket.entry.finish(.failure(.cancelled))
        planPump()  // who is next may be another one, with less to wait for
        signalIfIdle()
    }

    private func checkOpen() throws(QueueError) {
        guard !isStopping else { throw .stopped }
        guard case .closed(let reason, let until) = gate.closed(at: surroundings.clock.now) else {
            return
        }
        throw closed(reason, until: until)
    }

    private func closed(_ reason: ClosedReason, until: Instant?) -> QueueError {
        let wait = until.map { max(.zero, $0 - surroundings.clock.now) } ?? .seconds(1)
        return .closed(provider: gate.provider, reason: reason.description, wait: wait)
    }

    // MARK: Giving

    private func planPump() {
        guard !isPumpPlanned, queue.count > 0 else { return }
        isPumpPlanned = true
        surroundings.clock.schedule(after: .zero) { [weak self] in
            self?.isPumpPlanned = false
            self?.pump()
        }
    }

    /// Lets through whoever may go now, and names the instant to look again.
    private func pump() {
        forgetOpening()
        while let ticket = queue.first {
            switch gate.admit(cost: ticket.entry.request.tokens) {
            case .now(let permit): give(permit, to: ticket)
            case .busy:
                held = surroundings.clock.now
                return
            case .wait(let instant):
                held = surroundings.clock.now
                return look(at: instant)
            case .closed(let reason, let until):
                return refuse(closed(reason, until: until))
            }
        }
    }

    private func look(at instant: Instant) {
        queue.blockedUntil = instant
        opening = surroundings.clock.schedule(after: max(.zero, instant - surroundings.clock.now)) {
            [weak self] in
            self?.pump()
        }
    }

    private func forgetOpening() {
        opening?.cancel()
        opening = nil
        queue.blockedUntil = nil
    }

    private func give(_ permit: Permit, to ticket: QueueTicket<Waiter>) {
        queue.take(ticket, hasWaited: held.map { ticket.enqueued <= $0 } ?? false)
        notices.remove(ticket)
        runningByLane[ticket.lane, default: 0] += 1
        let (lane, tenant, predicted, began) = (
            ticket.lane, ticket.tenant, ticket.cost, surroundings.clock.now
        )
        permit.settle = { [weak self] outcome, cost in
            if outcome != .cancelled { self?.learn(since: began) }
            let isFailure = if case .failed = outcome { true } else { false }
            let real = cost ?? (isFailure ? predicted.afterFailure : predicted)
            self?.queue.settle(lane, tenant: tenant, predicted: predicted, real: real)
            self?.ended(lane)
        }
        ticket.entry.finish(.success(permit))
    }

    private func learn(since began: Instant) {
        let last = surroundings.clock.now - began
        duration = duration.map { $0 * 0.9 + last * 0.1 } ?? last
        queue.leastInterval = (duration ?? .zero) / Double(gate.limit)
    }

    private func refuse(_ error: QueueError) {
        for ticket in queue.tickets where queue.cancel(ticket) {
            notices.remove(ticket)
            ticket.entry.finish(.failure(error))
        }
        signalIfIdle()
    }

    // MARK: Stopping

    /// Refuses all who wait and all who come; what has a permit runs on.
    package func stop() {
        isStopping = true
        refuse(.stopped)
        forgetOpening()
    }

    /// Returns when nobody waits and no permit is out, or the task is cancelled.
    package func drain() async {
        while !isIdle, !Task.isCancelled {
            let wakeup = Wakeup()
            drained.append(wakeup)
            try? await wakeup.wait()  // cancelled: seen by the loop's condition
        }
    }

    private var isIdle: Bool { queue.count == 0 && runningByLane.values.allSatisfy { $0 == 0 } }

    private func ended(_ lane: Lane) {
        runningByLane[lane, default: 0] -= 1
        signalIfIdle()
    }

    private func signalIfIdle() {
        guard isIdle else { return }
        for wakeup in drained { wakeup.signal() }
        drained = []
    }
}
