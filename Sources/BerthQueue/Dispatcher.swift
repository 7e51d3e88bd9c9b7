package import BerthLoop
package import BerthTelemetry

/// Grants one provider's permits to queued requests, in fair order.
///
/// The dispatcher does not poll. It admits requests when one is added or removed, when a call ends,
/// and at the instant that the gate names. Requests that arrive within one turn of the loop are
/// sorted before the first is admitted. This uses a timer of zero on the clock, so a
/// ``ManualClock`` must be advanced, if only by zero.
@Loop package final class Dispatcher {
    private let gate: ProviderGate
    private let queue: FairQueue<QueuedRequest>
    private let surroundings: Surroundings
    private let notices: PlaceNotices
    private var runningByLane: [Lane: Int] = [:]
    private var shares: PermitShares
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
    ///   - surroundings: the same as the gate's.
    package init(
        gate: ProviderGate,
        policy: QueuePolicy = QueuePolicy(),
        bound: QueueBound,
        notice: Duration = .seconds(1),
        in surroundings: Surroundings
    ) {
        self.gate = gate
        self.surroundings = surroundings
        let queue = FairQueue<QueuedRequest>(in: surroundings, policy: policy, bound: bound)
        self.queue = queue
        let clock = surroundings.clock
        shares = PermitShares(most: gate.limits.concurrency, at: clock.now)
        notices = PlaceNotices(in: surroundings, interval: notice) { ticket in
            let obstacle = gate.obstacle(to: ticket.entry.request, at: clock.now)
            guard let place = queue.place(of: ticket), case .wait(let end)? = obstacle else {
                return queue.place(of: ticket)
            }
            let pause = max(.zero, end - clock.now)
            return QueuePlace(ahead: place.ahead, wait: place.wait + pause, cause: .paused)
        }
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
            Loop.post { if let ticket = cancel.ticket { self.cancel(ticket) } }
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
            try checkOpen(to: request)
            let ticket = try queue.enqueue(
                QueuedRequest(request, listener: listener, answer: answer),
                lane: request.lane,
                tenant: request.tenant,
                predict: request.predict
            )
            shares.joined(ticket.tenant, at: surroundings.clock.now)
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
        refuse(ticket, .cancelled)
        planPump()  // the next request may be one that fits the rate limit now
    }

    private func checkOpen(to request: WorkRequest) throws(QueueError) {
        guard !isStopping else { throw .stopped }
        gate.note(request)
        if let closure = closure(to: request, at: surroundings.clock.now) { throw closure }
    }

    /// The error of a request whose model is closed; nil if the request may wait.
    private func closure(to request: WorkRequest, at now: Instant) -> QueueError? {
        guard case .closed(let closure, let until)? = gate.obstacle(to: request, at: now) else {
            return nil
        }
        return .closed(closure, wait: until.map { max(.zero, $0 - now) } ?? .seconds(1))
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

    /// Admits requests as long as the gate allows, and schedules the next attempt.
    private func pump() {
        forgetOpening()
        gate.kept = 0
        let now = surroundings.clock.now
        shares.note(at: now)
        refuseClosed(at: now)
        while gate.running < gate.limit, let ticket = next(at: now) {
            switch gate.admit(ticket.entry.request) {
            case .now(let permit): give(permit, to: ticket)
            case .wait(let instant):
                held = now
                queue.blockedUntil = instant
                return look(at: instant)
            case .busy, .closed: return  // ``next(at:)`` finds no such request
            }
        }
        // A probe that has begun closes its model to the others.
        refuseClosed(at: now)
        guard queue.count > 0 else { return }
        held = now
        let room =
            gate.kept > 0 && shares.isQuieterThanUsual(limit: gate.limit)
            ? now + Dispatcher.recheck : nil
        if let instant = [firstEndOfPause(at: now), room].compactMap(\.self).min() {
            look(at: instant)
        }
    }

    /// The time after which requests for which permits are kept free are looked at again.
    private static let recheck = Duration.seconds(1)

    /// The next request that no breaker blocks and whose tenant has fewer running calls than its
    /// share.
    ///
    /// If there is none, the next request in order is served as long as enough permits stay free
    /// (``PermitShares``).
    private func next(at now: Instant) -> QueueTicket<QueuedRequest>? {
        let (shares, limit) = (shares, gate.limit)
        let isOpen = { (ticket: QueueTicket<QueuedRequest>) in
            self.gate.obstacle(to: ticket.entry.request, at: now) == nil
        }
        let running = gate.running
        let next =
            queue.first(of: { shares.hasShareLeft($0, of: limit) }, where: isOpen)
            ?? queue.first(
                of: { shares.hasRoom(for: $0, running: running, limit: limit) },
                where: isOpen
            )
        if next == nil, queue.first(where: isOpen) != nil { gate.kept = limit - running }
        return next
    }

    /// Refuses the queued requests whose models are closed.
    private func refuseClosed(at now: Instant) {
        guard gate.isTroubled(at: now) else { return }
        for ticket in queue.tickets {
            guard let error = closure(to: ticket.entry.request, at: now) else { continue }
            refuse(ticket, error)
        }
    }

    /// The first end of a pause for which a queued request waits.
    private func firstEndOfPause(at now: Instant) -> Instant? {
        guard gate.isTroubled(at: now) else { return nil }
        return queue.tickets.lazy.compactMap { ticket -> Instant? in
            guard case .wait(let end)? = self.gate.obstacle(to: ticket.entry.request, at: now)
            else { return nil }
            return end
        }.min()
    }

    private func look(at instant: Instant) {
        let delay = max(.zero, instant - surroundings.clock.now)
        opening = surroundings.clock.schedule(after: delay) { [weak self] in self?.pump() }
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
        let (lane, tenant, predicted, began) = (
            ticket.lane, ticket.tenant, ticket.cost, surroundings.clock.now
        )
        shares.began(tenant, at: began)
        permit.settle = { [weak self] outcome, cost in
            if outcome != .cancelled { self?.learn(since: began) }
            let isFailure = if case .failed = outcome { true } else { false }
            let real = cost ?? (isFailure ? predicted.afterFailure : predicted)
            self?.queue.settle(lane, tenant: tenant, predicted: predicted, real: real)
            self?.ended(lane, tenant)
        }
        ticket.entry.finish(.success(permit))
    }

    private func learn(since began: Instant) {
        let last = surroundings.clock.now - began
        duration = duration.map { $0 * 0.9 + last * 0.1 } ?? last
        queue.leastInterval = (duration ?? .zero) / Double(gate.limit)
    }

    private func refuse(_ ticket: QueueTicket<QueuedRequest>, _ error: QueueError) {
        guard queue.cancel(ticket) else { return }
        shares.left(ticket.tenant, at: surroundings.clock.now)
        notices.remove(ticket)
        ticket.entry.finish(.failure(error))
    }

    // MARK: Stopping

    /// Refuses all queued and all future requests.
    ///
    /// Calls with a permit continue.
    package func stop() {
        isStopping = true
        for ticket in queue.tickets { refuse(ticket, .stopped) }
        forgetOpening()
    }

    private func ended(_ lane: Lane, _ tenant: String) {
        runningByLane[lane, default: 0] -= 1
        shares.ended(tenant, at: surroundings.clock.now)
    }
}
