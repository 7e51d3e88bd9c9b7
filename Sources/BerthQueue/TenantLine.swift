import BerthLoop

/// What one tenant has waiting in one lane, first come, first served.
///
/// The deficit of the round-robin is kept as a date: ``due`` is the round in which the deficit
/// covers the first entry's cost, if each round gives every waiting tenant one unit.
@Loop final class TenantLine<Entry>: Linked, HeapElement {
    let tenant: String
    let lane: Lane

    private(set) var tickets = LinkedFIFO<QueueTicket<Entry>>()
    /// The cost of all that waits here.
    private(set) var units: Int64 = 0

    /// The round in which the deficit began to grow for the first entry.
    var start: Int64 = 0
    /// What settlements add to the first entry's charge; negative: credit.
    var carried: Int64 = 0
    /// Who stands first among equals: the order in which lines began to save for their first entry.
    var order: UInt64 = 0
    /// When it was last served, or began to wait.
    var since: Instant
    /// Its place in the lane's heap.
    var heapIndex: Int?

    var next: TenantLine?
    // The one before is kept alive by the list of ages.
    unowned var previous: TenantLine?

    init(tenant: String, lane: Lane, since: Instant) {
        self.tenant = tenant
        self.lane = lane
        self.since = since
    }

    /// What the first entry is charged: at least 1, so that rounds go on.
    var charge: Int64 { max(1, (tickets.first?.cost.units ?? 0) + carried) }

    /// The round in which the first entry may go.
    var due: Int64 { start + charge }

    func isBefore(_ other: TenantLine) -> Bool { (due, order) < (other.due, other.order) }

    /// The credit that the first entry's charge could not use up; 0 or less.
    var unusedCredit: Int64 { min(0, (tickets.first?.cost.units ?? 0) + carried - 1) }

    /// The average cost of what waits here; 1 or more.
    var mean: Int64 { max(1, units / Int64(max(1, tickets.count))) }

    func append(_ ticket: QueueTicket<Entry>) {
        tickets.append(ticket)
        ticket.line = self
        units += ticket.cost.units
    }

    /// Predicts the first entry's cost once more.
    ///
    /// - Returns: the difference to what it was.
    func predictFirst() -> Int64 {
        let difference = tickets.first?.predictAgain() ?? 0
        units += difference
        return difference
    }

    func remove(_ ticket: QueueTicket<Entry>) {
        tickets.remove(ticket)
        ticket.line = nil
        units -= ticket.cost.units
    }
}
