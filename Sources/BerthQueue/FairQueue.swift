package import BerthLoop
package import BerthTelemetry

/// A queue that is fair between lanes and between tenants.
///
/// It shares service between lanes by weight, and within a lane between tenants by deficit
/// round-robin over their costs.
///
/// A tenant is charged an entry's predicted cost when the entry is taken. The difference to the
/// actual cost is charged with the tenant's next entry (``settle(_:tenant:predicted:real:)``).
/// Every operation takes O(log tenants), regardless of the number of entries.
///
/// **No starvation.** A *line* is one tenant's entries in one lane. A line that has not been served
/// for `policy.ageing` is served after at most `policy.agedEvery` × (number of lines) further
/// departures, regardless of costs and weights. Every `agedEvery`-th departure goes to the line
/// that has waited longest, and a line that is served becomes the youngest.
@Loop package final class FairQueue<Entry> {
    /// A waiting entry.
    package typealias Ticket = QueueTicket<Entry>

    /// The time before which no entry can leave; nil if none is known.
    ///
    /// It is added to every expected wait.
    package var blockedUntil: Instant?

    /// The minimum time between two departures, from the mean duration of a call and the
    /// concurrency limit.
    var leastInterval = Duration.zero

    private let surroundings: Surroundings
    private let policy: QueuePolicy
    private let bound: QueueBound
    private let lanes: [LaneQueue<Entry>]
    /// Every line, starting with the one that has not been served for the longest time.
    private var ages = LinkedFIFO<TenantLine<Entry>>()
    private var departuresSinceOldest = 0
    /// The entry that was last found by its age.
    private weak var aged: Ticket?
    private var rate: DrainRate

    /// Makes an empty queue.
    ///
    /// Several queues may share `bound`.
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

    /// The number of entries in all lanes.
    package var count: Int { lanes.reduce(0) { $0 + $1.count } }

    /// Returns the number of entries in `lane`.
    package func count(in lane: Lane) -> Int { queue(lane).count }

    /// Adds an entry at the end of its tenant's line.
    ///
    /// `predict` is called now, and again when the entry becomes the first of its line. By then the
    /// costs of such calls are better known, so an early entry is not charged for a poor guess.
    ///
    /// - Throws: ``QueueError/tenantFull(tenant:waiting:limit:wait:)`` or
    ///   ``QueueError/full(tenant:waiting:limit:wait:)``, in which case nothing is queued.
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

    /// Checks that one more entry of `tenant` may be queued.
    ///
    /// - Throws: ``QueueError`` if the queue is full.
    package func checkRoom(for tenant: String) throws(QueueError) {
        try bound.check(for: tenant) { waitForRoom(for: tenant) }
    }

    /// The next entry to serve; nil if the queue is empty.
    package var first: Ticket? {
        if let oldest = ages.first, isDue(oldest) { return oldest.tickets.first }
        // A loop, because each closure of an algorithm would check that it runs on the loop.
        var next: LaneQueue<Entry>?
        for lane in lanes where lane.count > 0 {
            guard let best = next, best.served <= lane.served else {
                next = lane
                continue
            }
        }
        return next?.first?.tickets.first
    }

    /// The next entry to serve of those that may start; nil if there is none.
    ///
    /// An entry that may not start lets the later ones pass, those of its tenant too. The entries
    /// of a tenant that may not start any are not looked at. This takes O(entries) if the very first
    /// entry may not start.
    package func first(
        of mayStartAny: (String) -> Bool = { _ in true },
        where mayStart: (Ticket) -> Bool
    ) -> Ticket? {
        guard ages.count > 0 else { return nil }
        if let first, mayStartAny(first.tenant), mayStart(first) { return first }
        var line = ages.first
        while let oldest = line, isDue(oldest) {
            if mayStartAny(oldest.tenant), let ticket = oldest.first(where: mayStart) {
                aged = ticket
                return ticket
            }
            line = oldest.next
        }
        for lane in lanes.filter({ $0.count > 0 }).sorted(by: { $0.served < $1.served }) {
            let lines = lane.lines.filter { mayStartAny($0.tenant) }
            for line in lines.sorted(by: { $0.isBefore($1) }) {
                if let ticket = line.first(where: mayStart) { return ticket }
            }
        }
        return nil
    }

    /// Removes a queued entry and charges for it.
    ///
    /// An entry that is not the first of its line passes the ones before it. `hasWaited` tells
    /// whether the entry had to wait. If it did not, its departure is not used to measure the drain
    /// rate.
    package func take(_ ticket: Ticket, hasWaited: Bool = true) {
        guard let line = ticket.line else { return }
        let (now, lane) = (surroundings.clock.now, queue(ticket.lane))
        if line.tickets.first !== ticket { lane.promote(ticket, of: line) }
        let isOldest = line === ages.first || ticket === aged
        departuresSinceOldest = isOldest ? 0 : departuresSinceOldest + 1
        lane.takeFirst(of: line, at: now)
        ages.remove(line)
        if line.tickets.count > 0 { ages.append(line) }
        left(ticket)
        if hasWaited { rate.note(at: now) }
    }

    /// Removes a queued entry without charging for it.
    ///
    /// - Returns: whether the entry was still queued.
    @discardableResult
    package func cancel(_ ticket: Ticket) -> Bool {
        guard let line = ticket.line else { return false }
        queue(ticket.lane).cancel(ticket, of: line)
        if line.tickets.count == 0 { ages.remove(line) }
        left(ticket)
        return true
    }

    /// Corrects the charge of a taken entry by its actual cost.
    ///
    /// The difference, at most `policy.carry` either way, is charged to the tenant's first entry in
    /// the lane, or to its next one if it has none.
    package func settle(_ lane: Lane, tenant: String, predicted: WorkCost, real: WorkCost) {
        queue(lane).settle(real.units - predicted.units, of: tenant)
    }

    /// All entries, unordered.
    ///
    /// This takes O(entries).
    package var tickets: [Ticket] { lanes.flatMap(\.lines).flatMap(\.tickets.nodes) }

    // MARK: Inside

    func queue(_ lane: Lane) -> LaneQueue<Entry> {
        switch lane {
        case .chat: lanes[0]
        case .image: lanes[1]
        case .background: lanes[2]
        }
    }

    /// The measured time between two departures, or ``leastInterval`` if that is longer.
    var interval: Duration { max(rate.interval, leastInterval) }

    /// The time until any entry can leave.
    var pause: Duration { blockedUntil.map { max(.zero, $0 - surroundings.clock.now) } ?? .zero }

    /// Returns the other lanes that have entries.
    func rivals(of lane: Lane) -> [LaneQueue<Entry>] {
        lanes.filter { $0.lane != lane && $0.count > 0 }
    }

    private func isDue(_ oldest: TenantLine<Entry>) -> Bool {
        departuresSinceOldest + 1 >= policy.agedEvery
            && surroundings.clock.now - oldest.since >= policy.ageing
    }

    /// Raises the service count of a lane that was empty, so that it gets no credit for idle time.
    private func wake(_ queue: LaneQueue<Entry>) {
        let least = lanes.filter { $0.count > 0 }.map(\.served).min()
        if let least { queue.served = max(queue.served, least) }
    }

    private func left(_ ticket: Ticket) {
        bound.giveBack(for: ticket.tenant)
        if ages.count == 0 { for lane in lanes { lane.served = 0 } }
    }

    /// Estimates the time until an entry that counts towards the exceeded bound starts.
    private func waitForRoom(for tenant: String) -> Duration {
        let own = lanes.compactMap { $0.line(of: tenant)?.tickets.first }
        let isOwn = bound.waiting(of: tenant) >= bound.perTenant
        let waits = isOwn ? own.compactMap { place(of: $0)?.wait } : []
        return waits.min() ?? pause + interval
    }
}
