package import BerthLoop
package import BerthTelemetry

/// Who goes next: lanes by weight, inside a lane deficit round-robin over tenants by cost.
///
/// A tenant is charged an entry's predicted cost when it is taken, and the difference to the real
/// one with its next entry (``settle(_:tenant:predicted:real:)``). Every step costs O(log tenants),
/// however many entries wait.
///
/// **Nobody starves.** A line (what one tenant has in one lane) that was not served for
/// `policy.ageing` is served after at most `policy.agedEvery` × (waiting lines) further departures,
/// whatever the costs and weights: each `agedEvery`-th departure goes to the line that is unserved
/// longest, and being served makes a line the youngest.
@Loop package final class FairQueue<Entry> {
    /// A waiting entry.
    package typealias Ticket = QueueTicket<Entry>

    /// Before when nobody can leave, as far as is known: it lengthens every expected wait.
    package var blockedUntil: Instant?

    /// The least time between two departures that calls of the usual length allow.
    var leastInterval = Duration.zero

    private let surroundings: Surroundings
    private let policy: QueuePolicy
    private let bound: QueueBound
    private let lanes: [LaneQueue<Entry>]
    /// Every line, the one unserved longest first.
    private var ages = LinkedFIFO<TenantLine<Entry>>()
    private var departuresSinceOldest = 0
    private var rate: DrainRate

    /// Makes an empty queue; `bound` may be shared with others.
    package init(
        in surroundings: Surroundings,
        policy: QueuePolicy = QueuePolicy(),
        bound: QueueBound
    ) {
        self.surroundings = surroundings
        self.policy = policy
        self.bound = bound
        rate = DrainRate(guess: policy.interval)
        lanes = Lane.allCases.map {
            LaneQueue(lane: $0, weight: policy.weights[$0], carry: policy.carry)
        }
    }

    /// How many wait, in all lanes.
    package var count: Int { lanes.reduce(0) { $0 + $1.count } }

    /// How many wait in `lane`.
    package func count(in lane: Lane) -> Int { queue(lane).count }

    /// Adds an entry at the end of its tenant's line.
    ///
    /// `predict` is asked now, and again when the entry is the first of its line: by then more is
    /// known of what such calls cost, and who came early is not charged for an early guess.
    ///
    /// - Throws: ``QueueError/tenantFull(tenant:waiting:limit:wait:)`` or
    ///   ``QueueError/full(tenant:waiting:limit:wait:)``; nothing is kept then.
    package func enqueue(
        _ entry: Entry,
        lane: Lane,
        tenant: String,
        predict: @escaping WorkCost.Prediction
    ) throws(QueueError) -> Ticket {
        try bound.take(for: tenant) { waitForRoom(for: tenant) }
        let (now, queue) = (surroundings.clock.now, queue(lane))
        if ages.count == 0 { rate.begin(at: now) }
        if queue.count == 0 { wake(queue) }
        let ticket = Ticket(
            entry: entry,
            lane: lane,
            tenant: tenant,
            predict: predict,
            enqueued: now
        )
        if let line = queue.append(ticket, at: now) { ages.append(line) }
        return ticket
    }

    /// Whether one more of `tenant` may wait.
    ///
    /// - Throws: ``QueueError`` where it may not.
    package func checkRoom(for tenant: String) throws(QueueError) {
        try bound.check(for: tenant) { waitForRoom(for: tenant) }
    }

    /// Who goes next; nil when nobody waits.
    package var first: Ticket? {
        if let oldest = ages.first, isDue(oldest) { return oldest.tickets.first }
        let waiting = lanes.lazy.filter { $0.count > 0 }
        return waiting.min { $0.served < $1.served }?.first?.tickets.first
    }

    /// Takes out who goes next, charged with its predicted cost.
    package func dequeue() -> Ticket? {
        guard let ticket = first else { return nil }
        take(ticket)
        return ticket
    }

    /// Takes out `ticket`, which must be what ``first`` has just said.
    ///
    /// `hasWaited`: whether anything held it back; else it says nothing of how fast others leave.
    func take(_ ticket: Ticket, hasWaited: Bool = true) {
        guard let line = ticket.line, line.tickets.first === ticket else { return }
        let now = surroundings.clock.now
        departuresSinceOldest = line === ages.first ? 0 : departuresSinceOldest + 1
        queue(ticket.lane).takeFirst(of: line, at: now)
        ages.remove(line)
        if line.tickets.count > 0 { ages.append(line) }
        left(ticket)
        if hasWaited { rate.note(at: now) }
    }

    /// Takes out an entry that is not wanted any more; does nothing when it has left already.
    ///
    /// - Returns: whether it was waiting.
    @discardableResult
    package func cancel(_ ticket: Ticket) -> Bool {
        guard let line = ticket.line else { return false }
        queue(ticket.lane).cancel(ticket, of: line)
        if line.tickets.count == 0 { ages.remove(line) }
        left(ticket)
        return true
    }

    /// Tells what a taken entry has really cost: the entry of the tenant that is now first in the
    /// lane, or comes next, is charged the difference, at most `policy.carry` either way.
    package func settle(_ lane: Lane, tenant: String, predicted: WorkCost, real: WorkCost) {
        queue(lane).settle(real.units - predicted.units, of: tenant)
    }

    /// Every entry that waits, in no order; O(entries), for stopping.
    var tickets: [Ticket] { lanes.flatMap(\.lines).flatMap(\.tickets.nodes) }

    // MARK: Inside

    func queue(_ lane: Lane) -> LaneQueue<Entry> {
        switch lane {
        case .chat: lanes[0]
        case .image: lanes[1]
        case .background: lanes[2]
        }
    }

    /// The time between two departures, as measured, but no less than is known to be possible.
    var interval: Duration { max(rate.interval, leastInterval) }

    /// Until anybody can leave.
    var pause: Duration { blockedUntil.map { max(.zero, $0 - surroundings.clock.now) } ?? .zero }

    /// The other lanes that have work, with what stands against `lane`.
    func rivals(of lane: Lane) -> [LaneQueue<Entry>] {
        lanes.filter { $0.lane != lane && $0.count > 0 }
    }

    private func isDue(_ oldest: TenantLine<Entry>) -> Bool {
        departuresSinceOldest + 1 >= policy.agedEvery
            && surroundings.clock.now - oldest.since >= policy.ageing
    }

    /// A lane that was empty has saved nothing meanwhile.
    private func wake(_ queue: LaneQueue<Entry>) {
        let least = lanes.filter { $0.count > 0 }.map(\.served).min()
        if let least { queue.served = max(queue.served, least) }
    }

    private func left(_ ticket: Ticket) {
        bound.giveBack(for: ticket.tenant)
        if ages.count == 0 { for lane in lanes { lane.served = 0 } }
    }

    /// Until one of those that fill the bound should start: the tenant's own, or anybody's.
    private func waitForRoom(for tenant: String) -> Duration {
        let own = lanes.compactMap { $0.line(of: tenant)?.tickets.first }
        let isOwn = bound.waiting(of: tenant) >= bound.perTenant
        let waits = isOwn ? own.compactMap { place(of: $0)?.wait } : []
        return waits.min() ?? pause + interval
    }
}
