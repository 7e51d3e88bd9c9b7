import BerthConfig
package import BerthLoop
import BerthStore

/// What one tenant has used and holds, of the day and of the month: the authority for quotas.
///
/// It is in memory, so that a check and what it leads to are one step that nobody races, and that
/// the disk is not waited for. The database's ledger records the same, and is what a start reads.
struct TenantBook: Sendable {
    private(set) var requests = 0
    /// Tokens settled and held.
    private(set) var tokens = 0
    /// Millionths of a dollar settled and held.
    private(set) var micros: Int64 = 0
    private var day: Timestamp
    private var dayEnd: Timestamp
    private var month: Timestamp

    /// What is held for one call until it ends.
    struct Hold: Sendable {
        let day: Timestamp
        let month: Timestamp
        let tokens: Int
        let micros: Int64
    }

    /// Begins with what the ledger has of `now`'s day and month.
    init(_ usage: Usage?, spent: Int64 = 0, at now: Timestamp) {
        day = now.startOfDay
        dayEnd = now.endOfDay
        month = now.startOfMonth
        requests = usage?.requests ?? 0
        tokens = usage?.tokens ?? 0
        micros = spent
    }

    /// Holds a call's worst case, one request included.
    ///
    /// - Throws: ``QuotaRefusal``; nothing is then held.
    mutating func hold(
        tokens more: Int,
        micros price: Int64,
        within quotas: Quotas,
        at now: Timestamp
    ) throws(QuotaRefusal) -> Hold {
        turn(to: now)
        try check(.requestsPerDay, requests, 1, quotas.requestsPerDay, now)
        try check(.tokensPerDay, tokens, more, quotas.tokensPerDay, now)
        // What is free is not refused where a price has gone over the limit.
        if price > 0 {
            let limit = Int(quotas.spendPerMonth.micros)
            try check(.spendPerMonth, Int(micros), Int(clamping: price), limit, now)
        }
        requests += 1
        tokens = tokens.saturating(adding: more)
        micros = Int64(Int(micros).saturating(adding: Int(clamping: price)))
        return Hold(day: day, month: month, tokens: more, micros: price)
    }

    /// Counts a request that costs nothing else.
    ///
    /// - Throws: ``QuotaRefusal``; nothing is then counted.
    mutating func countHit(within quotas: Quotas, at now: Timestamp) throws(QuotaRefusal) {
        turn(to: now)
        try check(.requestsPerDay, requests, 1, quotas.requestsPerDay, now)
        requests += 1
    }

    /// Puts what a call has cost in place of what it held, as far as its day and month still run.
    mutating func settle(_ hold: Hold, tokens used: Int, micros cost: Int64) {
        if hold.day == day {
            tokens = max(0, tokens - hold.tokens).saturating(adding: max(0, used))
        }
        if hold.month == month {
            let rest = max(0, Int(micros) - Int(clamping: hold.micros))
            micros = Int64(rest.saturating(adding: Int(clamping: max(0, cost))))
        }
    }

    /// Gives everything back, the request too.
    mutating func release(_ hold: Hold) {
        settle(hold, tokens: 0, micros: 0)
        if hold.day == day { requests = max(0, requests - 1) }
    }

    /// A new day has nothing used, a new month nothing spent; what is held in the old one stays its.
    mutating func turn(to now: Timestamp) {
        guard now < day || now >= dayEnd else { return }
        day = now.startOfDay
        dayEnd = now.endOfDay
        requests = 0
        tokens = 0
        guard now.startOfMonth != month else { return }
        month = now.startOfMonth
        micros = 0
    }

    private func check(
        _ quota: QuotaRefusal.Quota,
        _ used: Int,
        _ asked: Int,
        _ limit: Int,
        _ now: Timestamp
    ) throws(QuotaRefusal) {
        guard used.saturating(adding: asked) > limit else { return }
        throw QuotaRefusal(
            quota: quota,
            used: used,
            asked: asked,
            limit: limit,
            resets: quota == .spendPerMonth ? now.endOfMonth : now.endOfDay
        )
    }
}

/// Which quota refused a call, with its numbers.
package struct QuotaRefusal: Error, Equatable, CustomStringConvertible {
    /// What is limited.
    package enum Quota: String, Sendable {
        /// Calls a day.
        case requestsPerDay = "requests per day"
        /// Input and output tokens a day, reserved ones included.
        case tokensPerDay = "tokens per day"
        /// Millionths of a dollar a month, reserved ones included.
        case spendPerMonth = "dollars per month"
    }

    /// The quota that is too small.
    package let quota: Quota
    /// Used and reserved, before this call.
    package let used: Int
    /// What this call would have added.
    package let asked: Int
    /// The most.
    package let limit: Int
    /// When the day or month ends and the quota is whole again.
    package let resets: Timestamp

    package var description: String {
        "\(text(used)) of \(text(limit)) \(quota.rawValue) are used and this needs \(text(asked)): "
            + "try again after \(resets), or ask the operator to raise the quota"
    }

    private func text(_ amount: Int) -> String {
        quota == .spendPerMonth ? Money(micros: Int64(amount)).description : "\(amount)"
    }
}

extension Int {
    /// The sum, or the largest number where it would be larger.
    fileprivate func saturating(adding other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
