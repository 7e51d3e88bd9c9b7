package import BerthLoop

/// Grants one provider's permits to queued requests, in fair order.
///
/// The dispatcher does not poll. It admits requests when one is added or removed, when a call ends,
/// and at the instant that the gate names. Requests that arrive within one turn of the loop are
/// sorted before the first is admitted. This uses a timer of zero on the clock, so a
/// ``ManualClock`` must be advanced, if only by zero.
@Loop package final class Dispatcher {
    private let gate: ProviderGate
    private let queue: FairQueue<QueuedRequest>
    private let clock: any Clock
    private let notices: PlaceNotices
    private var runningByLane: [Lane: Int] = [:]
    private var isStopping = false
    private var isPumpPlanned = false
    private var opening: Timer?
    /// The last time at which a request had to wait.
    private var held: Instant?
    /// The moving average of the time a call holds its permit; nil before the first call has ended.
    private var duration: Duration?

    /// Makes a dispatcher that owns `gate`.
    ///
    /// - Parameters:
    ///   - gate: the provider's gate.
    ///   - policy: weights and ageing.
    ///   - bound: the limit on queued requests, shared with the other providers' dispatchers.
    ///   - notice: the minimum time between two notices to the same listener.
    ///   - clock: the same clock as the gate's.
    package init(
        gate: ProviderGate,
        policy: QueuePolicy = QueuePolicy(),
        bound: QueueBound,
        notice: Duration = .seconds(1),
        clock: any Clock
    ) {
        self.gate = gate
        self.clock = clock
        let queue = FairQueue<QueuedRequest>(clock: clock, policy: policy, bound: bound)
        self.queue = queue
        notices = PlaceNotices(clock: clock, interval: notice) { queue.place(of: $0) }
        gate.onChange = { [weak self] in self?.planPump() }
    }

    /// The number of queued requests in all lanes.
    package var waiting: Int { queue.count }

    /// Returns the number of queued requests in `lane`.
    package func waiting(in lane: Lane) -> Int { queue.count(in: lane) }

    /// Returns the number of calls of `lane` that hold a permit.
    package func running(in lane: Lane) -> Int { runningByLane[lane] ?? 0 }

    // MARK: Asking

    /// Checks that one more request of `tenant` may be queued.
    ///
    /// - Throws: ``QueueError`` if the queue is full or stopped.
    package func checkRoom(for tenant: String) throws(QueueError) {
        guard !isStopping else { throw .stopped }
        try queue.checkRoom(for: tenant)
    }

    /// Waits for a permit in fair order.
    ///
    /// - Parameters:
    ///   - request: the request and its tenant.
    ///   - listener: receives the queue position and the expected wait until the permit is granted.
    /// - Returns: the permit, which the caller must end.
    /// - Throws: ``QueueError``. A full queue refuses at once. `closed` is also thrown to queued
    ///   requests when the provider fails, `cancelled` when the task is cancelled, `stopped` when
    ///   the dispatcher stops.
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
            EventLoop.shared.post { if let ticket = cancel.ticket { self.cancel(ticket) } }
        }
        return try result.get()
    }

    /// The ticket to remove from the queue when the task is cancelled.
    @Loop private final class Cancel {
        var ticket: QueueTicket<QueuedRequest>?
        nonisolated init() {}
    }

    /// Adds a request to the queue.
    ///
    /// `answer` is called exactly once, before this returns if the request is refused.
    ///
    /// - Returns: the ticket for ``cancel(_:)``; nil if the request was refused.
    @discardableResult
    func submit(
        _ request: WorkRequest,
        listener: PlaceListener? = nil,
        answer: @escaping @Loop (Result<Permit, QueueError>) -> Void
    ) -> QueueTicket<QueuedRequest>? {
        do throws(QueueError) {
            try checkOpen()
            let ticket = try queue.enqueue(
                QueuedRequest(request, listener: listener, answer: answer),
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

    /// Removes a request from the queue and answers it with `cancelled`.
    ///
    /// A request that has already been answered is left alone.
    func cancel(_ ticket: QueueTicket<QueuedRequest>) {
        guard queue.cancel(ticket) else { return }
        notices.remove(ticket)
        ticket.entry.finish(.failure(.cancelled))
        planPump()  // the next request may be one that fits the rate limit now
    }

    private func checkOpen() throws(QueueError) {
        guard !isStopping else { throw .stopped }
        guard case .closed(let reason, let until) = gate.closed(at: clock.now) else { return }
        throw closed(reason, until: until)
    }

    private func closed(_ reason: ClosedReason, until: Instant?) -> QueueError {
        let wait = until.map { max(.zero, $0 - clock.now) } ?? .seconds(1)
        return .closed(provider: gate.provider, reason: reason.description, wait: wait)
    }

    // MARK: Giving

    private func planPump() {
        guard !isPumpPlanned, queue.count > 0 else { return }
        isPumpPlanned = true
        clock.schedule(after: .zero) { [weak self] in
            self?.isPumpPlanned = false
            self?.pump()
        }
    }

    /// Admits requests as long as the gate allows, and schedules the next attempt.
    private func pump() {
        forgetOpening()
        while let ticket = queue.first {
            switch gate.admit(cost: ticket.entry.request.tokens) {
            case .now(let permit): give(permit, to: ticket)
            case .busy:
                held = clock.now
                return
            case .wait(let instant):
                held = clock.now
                return look(at: instant)
            case .closed(let reason, let until):
                return refuse(closed(reason, until: until))
            }
        }
    }

    private func look(at instant: Instant) {
        queue.blockedUntil = instant
        opening = clock.schedule(after: max(.zero, instant - clock.now)) { [weak self] in
            self?.pump()
        }
    }

    private func forgetOpening() {
        opening?.cancel()
        opening = nil
        queue.blockedUntil = nil
    }

    private func give(_ permit: Permit, to ticket: QueueTicket<QueuedRequest>) {
        queue.take(ticket, hasWaited: held.map { ticket.enqueued <= $0 } ?? false)
        notices.remove(ticket)
        runningByLane[ticket.lane, default: 0] += 1
        let (lane, tenant, predicted, began) = (ticket.lane, ticket.tenant, ticket.cost, clock.now)
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
        let last = clock.now - began
        duration = duration.map { $0 * 0.9 + last * 0.1 } ?? last
        queue.leastInterval = (duration ?? .zero) / Double(gate.limit)
    }

    private func refuse(_ error: QueueError) {
        for ticket in queue.tickets where queue.cancel(ticket) {
            notices.remove(ticket)
            ticket.entry.finish(.failure(error))
        }
    }

    // MARK: Stopping

    /// Refuses all queued and all future requests.
    ///
    /// Calls with a permit continue.
    package func stop() {
        isStopping = true
        refuse(.stopped)
        forgetOpening()
    }

    private func ended(_ lane: Lane) { runningByLane[lane, default: 0] -= 1 }
}
