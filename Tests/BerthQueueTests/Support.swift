import BerthLoop
import BerthQueue
import BerthTelemetry
import BerthTestKit

extension WorkCost {
    /// A chat of 3 s for a tenth of a cent.
    static let chat = WorkCost(duration: .seconds(3), micros: 1_000)
}

extension FairQueue {
    /// Adds an entry whose cost is known.
    func enqueue(
        _ entry: Entry,
        lane: Lane,
        tenant: String,
        cost: WorkCost
    ) throws(QueueError) -> Ticket {
        try enqueue(entry, lane: lane, tenant: tenant) { cost }
    }
}

extension WorkRequest {
    /// A request whose cost is known.
    init(lane: Lane, tenant: String, cost: WorkCost, tokens: Int) {
        self.init(lane: lane, tenant: tenant, tokens: tokens) { cost }
    }
}

/// Takes everything out of a queue, in its order.
@Loop func drained<Entry>(_ queue: FairQueue<Entry>) -> [Entry] {
    var entries: [Entry] = []
    while let ticket = queue.dequeue() { entries.append(ticket.entry) }
    return entries
}

/// A gate without rates, on `clock`.
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
    /// After the manual clock's beginning.
    static func after(_ duration: Duration) -> Instant { Instant(nanoseconds: 0) + duration }
}

/// The nearest-rank percentile, as a bound of the issue is meant.
func percentile(_ rank: Double, of values: [Duration]) -> Duration {
    let sorted = values.sorted()
    let index = Int((rank * Double(sorted.count)).rounded(.up)) - 1
    return sorted.indices.contains(index) ? sorted[index] : .zero
}

/// Jain's index of fairness: 1 when all have the same, 1/n when one has all.
///
/// Source: <https://arxiv.org/abs/cs/9809099>.
func jainIndex(_ shares: [Double]) -> Double {
    let sum = shares.reduce(0, +)
    let squares = shares.reduce(0) { $0 + $1 * $1 }
    return squares > 0 ? sum * sum / (Double(shares.count) * squares) : 1
}
