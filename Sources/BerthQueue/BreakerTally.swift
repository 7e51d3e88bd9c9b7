/// A closed circuit breaker's counts of recent calls.
package struct BreakerTally: Equatable, Sendable {
    /// The number of failures since the last success.
    package var consecutive = 0
    /// The number of failures among the recent calls.
    package var failures = 0
    /// The number of recent calls.
    package var calls = 0

    /// Makes counts of zero.
    package init() {}

    func adding(failure: Bool, _ policy: BreakerPolicy) -> BreakerTally {
        var next = self
        next.consecutive = failure ? consecutive + 1 : 0
        next.failures += failure ? 1 : 0
        next.calls += 1
        guard next.calls >= 2 * policy.known else { return next }
        next.failures /= 2
        next.calls /= 2
        return next
    }

    func opens(_ policy: BreakerPolicy) -> Bool {
        consecutive >= policy.consecutive
            || calls >= policy.known && failures * 100 >= policy.sharePercent * calls
    }
}
