import BerthLoop

/// A *line*: the entries of one tenant in one lane, first come, first served.
///
/// The round-robin's deficit is stored as a round number. ``due`` is the round in which the deficit
/// covers the first entry's charge, where each round gives every line one unit.
@Loop final class TenantLine<Entry>: Linked, HeapElement {
    let tenant: String
    let lane: Lane

    private(set) var tickets = LinkedFIFO<QueueTicket<Entry>>()
    /// The total predicted cost of the entries.
    private(set) var units: Int64 = 0

    /// The round in which the deficit began to grow for the first entry.
    var start: Int64 = 0
    /// The sum of settlements added to the first entry's charge.
    ///
    /// A negative sum is credit.
    var carried: Int64 = 0
    /// The rank among lines that are due in the same round, in the order in which their deficits
    /// began to grow.
    var order: UInt64 = 0
    /// The time of the last service, or of the first entry's enqueueing.
    var since: Instant
    /// The index in the lane's heap; nil if the line is not in it.
    var heapIndex: Int?

    var next: TenantLine?
    // The list of ages keeps the previous line alive.
    unowned var previous: TenantLine?

    init(tenant: String, lane: Lane, since: Instant) {
        self.tenant = tenant
        self.lane = lane
        self.since = since
    }

    /// The first entry's charge, at least 1, so that every departure advances the rounds.
    var charge: Int64 { max(1, (tickets.first?.cost.units ?? 0) + carried) }

    /// The round in which the first entry is due.
    var due: Int64 { start + charge }

    func isBefore(_ other: TenantLine) -> Bool { (due, order) < (other.due, other.order) }

    /// The credit that exceeds the first entry's cost, 0 or less.
    var unusedCredit: Int64 { min(0, (tickets.first?.cost.units ?? 0) + carried - 1) }

    /// The mean cost of the entries, 1 or more.
    var mean: Int64 { max(1, units / Int64(max(1, tickets.count))) }

    func append(_ ticket: QueueTicket<Entry>) {
        tickets.append(ticket)
        ticket.line = self
        units += ticket.cost.units
    }

    /// The first entry that may start.
    func first(where mayStart: (QueueTicket<Entry>) -> Bool) -> QueueTicket<Entry>? {
        var current = tickets.first
        while let ticket = current, !mayStart(ticket) { current = ticket.next }
        return current
    }

    /// Moves an entry before the others.
    func promote(_ ticket: QueueTicket<Entry>) {
        tickets.remove(ticket)
        tickets.prepend(ticket)
    }

    /// Predicts the first entry's cost again.
    ///
    /// - Returns: the difference to the previous prediction.
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
