import BerthLoop

/// The division of a provider's permits among its tenants.
///
/// A tenant with fewer running calls than its share gets any free permit. A tenant beyond its share
/// gets one only while enough permits stay free for the others: for those that wait, for those that
/// usually run at the same time, and an eighth of the limit for tenants that nobody expects. These
/// are the first two calls of each tenant, or the first one if there are many tenants.
///
/// The second rule is known as trunk reservation. Without it, a tenant whose calls take minutes
/// keeps every permit for minutes.
struct PermitShares {
    private struct Load {
        var waiting = 0
        var running = 0

        var requests: Int { waiting + running }
    }

    /// The numbers of tenants with one call or more, and with two or more.
    private struct Tally {
        var one = 0
        var two = 0

        mutating func change(from before: Int, to after: Int) {
            one += (after >= 1 ? 1 : 0) - (before >= 1 ? 1 : 0)
            two += (after >= 2 ? 1 : 0) - (before >= 2 ? 1 : 0)
        }
    }

    /// The tenants that wait or run.
    private var loads: [String: Load] = [:]
    private var asking = Tally()
    private var served = Tally()
    /// The usual number of tenants that wait or run.
    private var tenants = MovingAverage()
    /// The usual number of their first calls.
    private var calls = MovingAverage()
    private var noted: Instant
    private let most: Int

    /// Makes the shares of a provider without calls, whose configured concurrency is `most`.
    init(most: Int, at now: Instant) {
        self.most = most
        noted = now
    }

    // MARK: Events

    /// Records a queued request.
    mutating func joined(_ tenant: String, at now: Instant) {
        change(tenant, at: now) { $0.waiting += 1 }
    }

    /// Records a queued request that was cancelled or refused.
    mutating func left(_ tenant: String, at now: Instant) {
        change(tenant, at: now) { $0.waiting -= 1 }
    }

    /// Records a queued request that got a permit.
    mutating func began(_ tenant: String, at now: Instant) {
        change(tenant, at: now) { ($0.waiting, $0.running) = ($0.waiting - 1, $0.running + 1) }
    }

    /// Records the end of a call.
    mutating func ended(_ tenant: String, at now: Instant) {
        change(tenant, at: now) { $0.running -= 1 }
    }

    /// Brings the averages up to date.
    mutating func note(at now: Instant) {
        let passed = now - noted
        noted = now
        tenants.note(Double(min(asking.one, most)), for: passed)
        calls.note(Double(min(firstCalls(asking, of: most), most)), for: passed)
    }

    private mutating func change(
        _ tenant: String,
        at now: Instant,
        _ change: (inout Load) -> Void
    ) {
        note(at: now)
        let before = loads[tenant] ?? Load()
        var load = before
        change(&load)
        asking.change(from: before.requests, to: load.requests)
        served.change(from: before.running, to: load.running)
        loads[tenant] = load.requests > 0 ? load : nil
    }

    // MARK: Decisions

    /// Whether `tenant` has fewer running calls than its equal part of `limit`.
    ///
    /// Every tenant's part is one call or more.
    func hasShareLeft(_ tenant: String, of limit: Int) -> Bool {
        guard let running = loads[tenant]?.running, running > 0 else { return true }
        return running < share(among: max(asking.one, Int(tenants.mean.rounded())), of: limit)
    }

    /// Whether `tenant` may have one more call beyond its share, if `running` of `limit` calls run.
    ///
    /// It leaves at most three times as many permits free as it has, so that a small number of calls is
    /// not held up by what a large number is held up by.
    func hasRoom(for tenant: String, running: Int, limit: Int) -> Bool {
        let expected = max(firstCalls(asking, of: limit), usualCalls)
        let kept = margin(of: limit) + max(0, expected - firstCalls(served, of: limit))
        return limit - running > min(kept, 3 * (loads[tenant]?.running ?? 0))
    }

    /// Whether room may come without an event, because fewer calls wait or run than usual.
    func isQuieterThanUsual(limit: Int) -> Bool {
        max(usualCalls, Int(tenants.mean.rounded())) > firstCalls(asking, of: limit)
    }

    /// The number of first calls that is seldom exceeded.
    private var usualCalls: Int { Int((calls.mean + calls.deviation).rounded()) }

    private func firstCalls(_ tally: Tally, of limit: Int) -> Int {
        tally.one + (share(among: asking.one, of: limit) >= 2 ? tally.two : 0)
    }

    private func share(among tenants: Int, of limit: Int) -> Int {
        (limit - margin(of: limit)) / max(1, tenants)
    }

    /// The permits that stay free for tenants that nobody expects.
    private func margin(of limit: Int) -> Int { limit / 8 }
}
