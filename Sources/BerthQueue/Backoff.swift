package import BerthLoop
import BerthText

/// When a failed call is tried again, and when no more.
package struct Backoff: Sendable {
    /// The middle of the first wait is three quarters of this.
    package let base: Duration
    /// The longest wait of our own; a provider's Retry-After may ask for more.
    package let most: Duration
    /// How many times a call is made in all, 1 or more.
    package let attempts: Int

    /// Makes a policy; numbers below their least are raised to it.
    package init(
        base: Duration = .milliseconds(500),
        most: Duration = .seconds(60),
        attempts: Int = 5
    ) {
        self.base = max(.milliseconds(1), base)
        self.most = max(self.base, most)
        self.attempts = max(1, attempts)
    }

    /// What to do after a failure.
    package enum Decision: Equatable, Sendable {
        /// Try again after this long.
        case retry(after: Duration)
        /// Try no more.
        case giveUp(Reason)
    }

    /// Why a call is not tried again.
    package enum Reason: Equatable, Sendable, CustomStringConvertible {
        /// Every attempt was made.
        case attemptsUsed(Int)
        /// The next attempt would be after the deadline, by this much.
        case pastDeadline(by: Duration)

        package var description: String {
            switch self {
            case .attemptsUsed(let count): "tried \(count) times without success"
            case .pastDeadline(let excess):
                "the next try would come \(excess.secondsRoundedUp) s after the deadline"
            }
        }
    }

    /// Decides after the failure of attempt number `attempt` (1: the first).
    ///
    /// - Parameters:
    ///   - attempt: how many were made.
    ///   - retryAfter: what the provider asks for, however it said so; never undercut, and spread
    ///     upwards by up to a tenth (a second at most) so that not all come back at once.
    ///   - deadline: no attempt begins after it; nil: none.
    ///   - now: the failure's time.
    ///   - random: spreads our own waits over the upper half of `base` × 2^(attempt − 1).
    /// - Returns: whether to try again, and when.
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

    /// The own wait after attempt number `attempt`, between the half and the whole of its step.
    func wait(attempt: Int, fraction: Double) -> Duration {
        let step = min(most, base * (1 << (min(max(1, attempt), 31) - 1)))
        return step * (0.5 + fraction / 2)
    }

    /// `asked` and up to a tenth of it, at most a second, more.
    static func spread(_ asked: Duration, fraction: Double) -> Duration {
        max(.zero, asked) + min(.seconds(1), max(.zero, asked) * 0.1) * fraction
    }
}
