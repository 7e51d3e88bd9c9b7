import BerthLoop

/// The queue of one lane: deficit round-robin over its tenants.
///
/// Rounds in which no tenant's deficit covers its first entry are skipped arithmetically.
@Loop final class LaneQueue<Entry> {
    let lane: Lane
    let weight: Int64
    /// The service received so far, divided by the weight.
    ///
    /// The lane with the least is served next.
    var served: Int64 = 0

    private(set) var count = 0
    private(set) var units: Int64 = 0
    private let carry: Int64
    private var round: Int64 = 0
    private var order: UInt64 = 0
    /// The tenants' lines, ordered by the round in which each is due.
    private var heap = IndexedHeap<TenantLine<Entry>>()
    private var byTenant: [String: TenantLine<Entry>] = [:]
    private var owed: [String: Int64] = [:]

    /// The maximum number of tenants whose debt or credit is kept.
    ///
    /// Further tenants start at zero.
    private let mostOwed = 4_096

    init(lane: Lane, weight: Int64, carry: WorkCost) {
        self.lane = lane
        self.weight = weight
        self.carry = carry.units
    }

    /// The line that is served next.
    var first: TenantLine<Entry>? { heap.elements.first }

    /// All lines, unordered.
    var lines: [TenantLine<Entry>] { heap.elements }

    func line(of tenant: String) -> TenantLine<Entry>? { byTenant[tenant] }

    /// The mean cost of the queued entries, 1 or more.
    var mean: Int64 { max(1, units / Int64(max(1, count))) }

    /// Adds an entry to its tenant's line.
    ///
    /// - Returns: the line if it is new, otherwise nil.
    func append(_ ticket: QueueTicket<Entry>, at now: Instant) -> TenantLine<Entry>? {
        count += 1
        units += ticket.cost.units
        if let line = byTenant[ticket.tenant] {
            line.append(ticket)
            return nil
        }
        let line = TenantLine<Entry>(tenant: ticket.tenant, lane: lane, since: now)
        line.append(ticket)
        byTenant[ticket.tenant] = line
        begin(line, at: round)
        heap.insert(line)
        return line
    }

    /// Removes the first entry of `line` and charges for it.
    ///
    /// A line without entries is removed.
    func takeFirst(of line: TenantLine<Entry>, at now: Instant) {
        guard let ticket = line.tickets.first else { return }
        if first === line { round = max(round, line.due) }
        served += max(1, ticket.cost.units / weight)
        owe(line.unusedCredit, by: line.tenant)
        // A line that was served early because of its age pays later, at most `carry`.
        let start = min(line.due, round + carry)
        drop(ticket, from: line)
        line.since = now
        guard line.tickets.count > 0 else {
            owe(start - round, by: line.tenant)
            return end(line)
        }
        units += line.predictFirst()
        begin(line, at: start)
        heap.update(line)
    }

    /// Moves an entry of `line` before the others of that line.
    func promote(_ ticket: QueueTicket<Entry>, of line: TenantLine<Entry>) {
        line.promote(ticket)
        units += line.predictFirst()
        heap.update(line)
    }

    /// Removes an entry without charging for it.
    func cancel(_ ticket: QueueTicket<Entry>, of line: TenantLine<Entry>) {
        drop(ticket, from: line)
        if line.tickets.count > 0 {
            units += line.predictFirst()
            return heap.update(line)
        }
        owe(line.carried, by: line.tenant)
        end(line)
    }

    /// Adds `units` to the charge of the tenant's next entry.
    ///
    /// Negative units are credit.
    private func owe(_ units: Int64, by tenant: String) {
        let sum = min(max(-carry, (owed[tenant] ?? 0) + units), carry)
        guard sum == 0 || owed[tenant] != nil || owed.count < mostOwed else { return }
        owed[tenant] = sum == 0 ? nil : sum
    }

    /// Charges `units` more to the tenant's first entry, or to its next one if it has none.
    func settle(_ units: Int64, of tenant: String) {
        guard let line = byTenant[tenant] else { return owe(units, by: tenant) }
        line.carried = min(max(-carry, line.carried + units), carry)
        heap.update(line)
    }

    private func begin(_ line: TenantLine<Entry>, at start: Int64) {
        order += 1
        line.order = order
        line.start = start
        line.carried = owed.removeValue(forKey: line.tenant) ?? 0
    }

    private func drop(_ ticket: QueueTicket<Entry>, from line: TenantLine<Entry>) {
        count -= 1
        units -= ticket.cost.units
        line.remove(ticket)
    }

    private func end(_ line: TenantLine<Entry>) {
        heap.remove(line)
        byTenant[line.tenant] = nil
        if count == 0 { round = 0 }  // prevents overflow; rounds compare queued entries only
    }
}
