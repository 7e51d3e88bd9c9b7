import BerthLoop

/// One lane: deficit round-robin over its tenants, with the rounds in which nobody has saved enough
/// skipped by arithmetic instead of being walked.
@Loop final class LaneQueue<Entry> {
    let lane: Lane
    let weight: Int64
    /// What was taken so far, by weight: the lane that is least served goes next.
    var served: Int64 = 0

    private(set) var count = 0
    private(set) var units: Int64 = 0
    private let carry: Int64
    private var round: Int64 = 0
    private var order: UInt64 = 0
    /// The tenants that wait, by the round in which they may go.
    private var heap = IndexedHeap<TenantLine<Entry>>()
    private var byTenant: [String: TenantLine<Entry>] = [:]
    private var owed: [String: Int64] = [:]

    /// The most tenants whose debt or credit is remembered; further ones start even.
    private let mostOwed = 4_096

    init(lane: Lane, weight: Int64, carry: WorkCost) {
        self.lane = lane
        self.weight = weight
        self.carry = carry.units
    }

    /// The tenant whose turn it is.
    var first: TenantLine<Entry>? { heap.elements.first }

    /// Those that wait, in no order.
    var lines: [TenantLine<Entry>] { heap.elements }

    func line(of tenant: String) -> TenantLine<Entry>? { byTenant[tenant] }

    /// The average cost of what waits here; 1 or more.
    var mean: Int64 { max(1, units / Int64(max(1, count))) }

    /// Adds to the tenant's line.
    ///
    /// - Returns: the line if it has just begun.
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

    /// Takes `line`'s first entry and charges for it; the line ends when that was its last.
    func takeFirst(of line: TenantLine<Entry>, at now: Instant) {
        guard let ticket = line.tickets.first else { return }
        if first === line { round = max(round, line.due) }
        served += max(1, ticket.cost.units / weight)
        owe(line.unusedCredit, by: line.tenant)
        // Who was let in early by age pays later, but never more than the most that is carried.
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

    /// Takes out an entry that was not served; nobody is charged for it.
    func cancel(_ ticket: QueueTicket<Entry>, of line: TenantLine<Entry>) {
        drop(ticket, from: line)
        if line.tickets.count > 0 {
            units += line.predictFirst()
            return heap.update(line)
        }
        owe(line.carried, by: line.tenant)
        end(line)
    }

    /// Adds `units` to what the tenant's next entry is charged; negative: credit.
    private func owe(_ units: Int64, by tenant: String) {
        let sum = min(max(-carry, (owed[tenant] ?? 0) + units), carry)
        guard sum == 0 || owed[tenant] != nil || owed.count < mostOwed else { return }
        owed[tenant] = sum == 0 ? nil : sum
    }

    /// Charges `units` more to the tenant: to the entry that stands first now, or to its next one.
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
        if count == 0 { round = 0 }  // rounds only compare those that wait: they never overflow
    }
}
