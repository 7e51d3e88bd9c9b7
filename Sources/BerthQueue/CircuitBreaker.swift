package import BerthLoop

/// When a breaker opens, and for how long.
package struct BreakerPolicy: Sendable {
    /// So many failures without a success between them open it.
    package var consecutive = 5
    /// This share of failures among the recent calls opens it, in percent.
    package var sharePercent = 50
    /// So many recent calls must be known for that; counts fade by half at twice as many.
    package var known = 20
    /// How long it stays open the first time; doubles each time a probe fails.
    package var open: Duration = .seconds(2)
    /// The longest that it stays open, before the jitter.
    package var most: Duration = .seconds(120)

    /// The house's policy.
    package init() {}

    /// How long the `count`-th opening in a row (1: the first) lasts; `jitter` is 0…1 and adds up to
    /// a fifth.
    func time(opening count: Int, jitter: Double) -> Duration {
        let step = min(most, open * (1 << (min(max(1, count), 31) - 1)))
        return step * (1 + min(max(0, jitter), 1) / 5)
    }
}

/// What a closed breaker remembers of the recent calls.
package struct BreakerTally: Equatable, Sendable {
    /// Failures since the last success.
    package var consecutive = 0
    /// Failures among the recent calls.
    package var failures = 0
    /// Recent calls.
    package var calls = 0

    /// Remembers nothing.
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

/// What a breaker is told.
package enum BreakerEvent: Hashable, Sendable, CaseIterable {
    /// A call was let through while half-open: it is the probe.
    case probeStarted
    /// The probe came back well.
    case probeSucceeded
    /// The probe failed.
    case probeFailed
    /// The probe was given up by whoever asked; it has told nothing.
    case probeCancelled
    /// Another call came back well.
    case succeeded
    /// Another call failed by the provider's fault.
    case failed
}

/// Keeps calls away from a provider that fails, and tries with one whether it is back.
///
/// | state     | probeStarted | probeSucceeded | probeFailed | probeCancelled | succeeded | failed |
/// |-----------|--------------|----------------|-------------|----------------|-----------|--------|
/// | closed    | –            | –              | –           | –              | closed    | closed, or open when the tally says so |
/// | open      | probing (once its time is over) | – | –      | –              | –         | –      |
/// | probing   | –            | closed         | open longer | open, time over | –        | –      |
///
/// Half-open is not a state of its own: an open breaker whose time is over lets one probe through.
/// What was called before the opening and comes back after it changes nothing ("–").
package enum CircuitBreaker: Equatable, Sendable {
    /// Calls go through.
    case closed(BreakerTally)
    /// Calls are kept away; after `until` one may try. `count` openings came in a row.
    case open(until: Instant, count: Int)
    /// One call tries, the others are kept away.
    case probing(count: Int)

    /// A breaker that has seen nothing.
    package static let fresh = CircuitBreaker.closed(BreakerTally())

    /// What a call may do.
    package enum Access: Equatable, Sendable {
        /// Go through.
        case through
        /// Go through as the probe, after telling ``BreakerEvent/probeStarted``.
        case probe
        /// Wait for what the probe tells.
        case probing
        /// Not before this instant.
        case until(Instant)
    }

    /// What a call may do at `now`.
    package func access(at now: Instant) -> Access {
        switch self {
        case .closed: .through
        case .open(let until, _): now >= until ? .probe : .until(until)
        case .probing: .probing
        }
    }

    /// The state after `event` at `now`, by the table above; pure.
    ///
    /// `jitter`, 0…1, makes an opening up to a fifth longer.
    package func after(
        _ event: BreakerEvent,
        at now: Instant,
        policy: BreakerPolicy = BreakerPolicy(),
        jitter: Double = 0
    ) -> CircuitBreaker {
        switch (self, event) {
        case (.closed(let tally), .succeeded):
            return .closed(tally.adding(failure: false, policy))
        case (.closed(let tally), .failed):
            let next = tally.adding(failure: true, policy)
            guard next.opens(policy) else { return .closed(next) }
            return .open(until: now + policy.time(opening: 1, jitter: jitter), count: 1)
        case (.open(let until, let count), .probeStarted) where now >= until:
            return .probing(count: count)
        case (.probing, .probeSucceeded): return .fresh
        case (.probing(let count), .probeFailed):
            let time = policy.time(opening: count + 1, jitter: jitter)
            return .open(until: now + time, count: count + 1)
        case (.probing(let count), .probeCancelled): return .open(until: now, count: count)
        default: return self
        }
    }
}
