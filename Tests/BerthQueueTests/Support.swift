import BerthLoop
import BerthTelemetry
import BerthTestKit

@testable import BerthQueue

extension WorkCost {
    /// The cost of a chat of 3 s for a tenth of a cent.
    static let chat = WorkCost(duration: .seconds(3), micros: 1_000)
}

extension FairQueue {
    /// Adds an entry of a fixed cost.
    func enqueue(
        _ entry: Entry,
        lane: Lane,
        tenant: String,
        cost: WorkCost
    ) throws(QueueError) -> Ticket {
        try enqueue(entry, lane: lane, tenant: tenant) { cost }
    }

    /// Removes the next entry and charges its predicted cost.
    func dequeue() -> Ticket? {
        guard let ticket = first else { return nil }
        take(ticket)
        return ticket
    }
}

extension WorkRequest {
    /// Makes a request of a fixed cost.
    init(lane: Lane, tenant: String, cost: WorkCost, tokens: Int, model: String = "") {
        self.init(lane: lane, tenant: tenant, model: model, tokens: tokens) { cost }
    }
}

/// Removes all entries of a queue and returns them in order.
@Loop func drained<Entry>(_ queue: FairQueue<Entry>) -> [Entry] {
    var entries: [Entry] = []
    while let ticket = queue.dequeue() { entries.append(ticket.entry) }
    return entries
}

/// Makes a gate without rate limits on `clock`.
@Loop func gate(
    _ limits: ProviderLimits = ProviderLimits(concurrency: 8),
    clock: any Clock,
    log: Log = .silent
) -> ProviderGate {
    ProviderGate(
        provider: "acme",
        limits: limits,
        in: .quiet(clock, log: log)
    )
}

extension Instant {
    /// Returns an instant relative to the manual clock's start.
    static func after(_ duration: Duration) -> Instant { Instant(nanoseconds: 0) + duration }
}

/// Returns the nearest-rank percentile.
func percentile(_ rank: Double, of values: [Duration]) -> Duration {
    let sorted = values.sorted()
    let index = Int((rank * Double(sorted.count)).rounded(.up)) - 1
    return sorted.indices.contains(index) ? sorted[index] : .zero
}

/// Returns Jain's fairness index: 1 if all values are equal, 1/n if one value is the whole sum.
///
/// Source: <https://arxiv.org/abs/cs/9809099>.
func jainIndex(_ shares: [Double]) -> Double {
    let sum = shares.reduce(0, +)
    let squares = shares.reduce(0) { $0 + $1 * $1 }
    return squares > 0 ? sum * sum / (Double(shares.count) * squares) : 1
}
