package import BerthLoop
import BerthText

/// The retry policy for failed calls: exponential backoff with jitter.
package struct Backoff: Sendable {
    /// The upper bound of the first wait.
    ///
    /// Its mean is three quarters of this.
    package let base: Duration
    /// The upper bound of every computed wait.
    ///
    /// A provider's Retry-After may be longer.
    package let most: Duration
    /// The maximum number of attempts, the first included; 1 or more.
    package let attempts: Int

    /// Makes a policy.
    ///
    /// Values below their minimum are raised to it.
    package init(
        base: Duration = .milliseconds(500),
        most: Duration = .seconds(60),
        attempts: Int = 5
    ) {
        self.base = max(.milliseconds(1), base)
        self.most = max(self.base, most)
        self.attempts = max(1, attempts)
    }

    /// The decision after a failure.
    package enum Decision: Equatable, Sendable {
        /// Retry after this time.
        case retry(after: Duration)
        /// Do not retry.
        case giveUp(Reason)
    }

    /// The reason why a call is not retried.
    package enum Reason: Equatable, Sendable, CustomStringConvertible {
        /// All attempts, this many, have failed.
        case attemptsUsed(Int)
        /// The next attempt would come this long after the deadline.
        case pastDeadline(by: Duration)

        package var description: String {
            switch self {
            case .attemptsUsed(let count): "tried \(count) times without success"
            case .pastDeadline(let excess):
                "the next attempt would come \(excess.secondsRoundedUp) s after the deadline"
            }
        }
    }

    /// Decides whether to retry after a failed attempt.
    ///
    /// - Parameters:
    ///   - attempt: the number of attempts made so far, 1 or more.
    ///   - retryAfter: the wait that the provider asks for. The actual wait is at least this long,
    ///     and up to a tenth (1 s at most) longer, so that callers do not return all at once.
    ///   - deadline: the latest start of an attempt; nil if there is no deadline.
    ///   - now: the time of the failure.
    ///   - random: the source of jitter, which spreads a computed wait over the upper half of
    ///     `base` × 2^(attempt − 1).
    /// - Returns: whether to retry, and after which time.
    package func decide(
        attempt: Int,
        retryAfter: Duration? = nil,
        deadline: Instant? = nil,
        at now: Instant,
        using random: inout SeededGenerator
    ) -> Decision {
        guard attempt < attempts else { return .giveUp(.attemptsUsed(max(1, attempt))) }
        let own = wait(attempt: attempt, fraction: random.fraction())
        let asked = retryAfter.map { Backoff.spread($0, fraction: random.fraction()) }
        let wait = max(own, asked ?? .zero)
        let excess = deadline.map { (now + wait) - $0 } ?? .zero
        return excess > .zero ? .giveUp(.pastDeadline(by: excess)) : .retry(after: wait)
    }

    /// Returns the computed wait after attempt number `attempt`, between half of its step and the
    /// whole step.
    ///
    /// `fraction`, 0…1, is the jitter.
    func wait(attempt: Int, fraction: Double) -> Duration {
        let step = min(most, base * (1 << (min(max(1, attempt), 31) - 1)))
        return step * (0.5 + fraction / 2)
    }

    /// Returns `asked` plus a jitter of up to a tenth of it, at most 1 s.
    static func spread(_ asked: Duration, fraction: Double) -> Duration {
        max(.zero, asked) + min(.seconds(1), max(.zero, asked) * 0.1) * fraction
    }
}
