/// The thresholds at which a circuit breaker opens, and the time it stays open.
package struct BreakerPolicy: Sendable {
    /// The number of consecutive failures that opens the breaker.
    package var consecutive = 5
    /// The share of failures among recent calls that opens the breaker, in percent.
    package var sharePercent = 50
    /// The minimum number of recent calls for that share to count.
    ///
    /// All counts are halved at twice this number.
    package var known = 20
    /// The time that the breaker stays open at first.
    ///
    /// It doubles each time a probe fails.
    package var open: Duration = .seconds(2)
    /// The maximum time that the breaker stays open, without jitter.
    package var most: Duration = .seconds(120)

    /// Makes the default policy.
    package init() {}

    /// Returns the duration of the `count`-th consecutive opening, counted from 1.
    ///
    /// `jitter`, 0…1, adds up to a fifth.
    func time(opening count: Int, jitter: Double) -> Duration {
        let step = min(most, open * (1 << (min(max(1, count), 31) - 1)))
        return step * (1 + min(max(0, jitter), 1) / 5)
    }
}
