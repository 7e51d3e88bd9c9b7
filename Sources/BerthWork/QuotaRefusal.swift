package import BerthConfig
package import BerthLoop
import BerthStore
import BerthText

/// A quota, the amounts that count toward it, and the period after which it resets.
struct QuotaRule {
    enum Period { case day, month }

    let quota: QuotaKey
    let amounts: [Amount]
    let period: Period

    /// Every quota that a call is checked against, in the order of the checks.
    static let all = [
        QuotaRule(quota: .requestsPerDay, amounts: [.requests], period: .day),
        QuotaRule(quota: .tokensPerDay, amounts: [.inputTokens, .outputTokens], period: .day),
        QuotaRule(quota: .imagesPerDay, amounts: [.images], period: .day),
        QuotaRule(quota: .spendPerMonth, amounts: [.micros], period: .month),
    ]

    func sum(of amounts: Amounts) -> Int64 { self.amounts.reduce(0) { $0 + amounts[$1] } }
}

/// The quota that refused a call, with its numbers.
package struct QuotaRefusal: Error, Equatable, CustomStringConvertible {
    /// The quota that is too small.
    package let quota: QuotaKey
    /// The amount used and reserved before this call.
    package let used: Int64
    /// The amount that this call would have added.
    package let asked: Int64
    /// The most that may be used.
    package let limit: Int64
    /// The end of the day or month, at which the quota resets.
    package let resets: Timestamp

    package var description: String {
        "\(text(used)) of \(text(limit)) \(name) are used, and this request needs \(text(asked))"
    }

    /// The words for the reader, who may ask again after `wait`.
    func words(waiting wait: Duration) -> String {
        let seconds = Int(wait.secondsRoundedUp)
        let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")]
        // From two of a unit on, it is exact enough.
        let (length, unit) = units.first { seconds >= 2 * $0.0 } ?? (1, "second")
        let count = max(1, (seconds + length - 1) / length)
        let time = "\(count) \(unit)\(count == 1 ? "" : "s")"
        return "\(description): try again in \(time), or ask the operator for more"
    }

    private var name: String {
        quota == .spendPerMonth
            ? "dollars per month" : quota.rawValue.replacing("_", with: " ")
    }

    private func text(_ amount: Int64) -> String { quota.text(amount) }
}
