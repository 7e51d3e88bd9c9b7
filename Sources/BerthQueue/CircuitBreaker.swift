package import BerthLoop

/// A circuit breaker: it blocks calls to a failing provider and probes it with single calls.
///
/// | state     | probeStarted | probeSucceeded | probeFailed | probeCancelled | succeeded | failed |
/// |-----------|--------------|----------------|-------------|----------------|-----------|--------|
/// | closed    | –            | –              | –           | –              | closed    | closed, or open when the tally says so |
/// | open      | probing (once its time is over) | – | –      | –              | –         | –      |
/// | probing   | –            | closed         | open longer | open, time over | –        | –      |
///
/// There is no separate half-open state. An open breaker whose time is over admits one probe. The
/// result of a call made before the opening is ignored afterwards ("–").
package enum CircuitBreaker: Equatable, Sendable {
    /// Calls are admitted.
    case closed(BreakerTally)
    /// Calls are blocked; after `until` one probe is admitted. `count` is the number of consecutive
    /// openings.
    case open(until: Instant, count: Int)
    /// One probe is running; other calls are blocked.
    case probing(count: Int)

    /// The initial state.
    package static let fresh = CircuitBreaker.closed(BreakerTally())

    /// A breaker's decision on a call.
    package enum Access: Equatable, Sendable {
        /// The call may start.
        case through
        /// The call may start as the probe, once ``BreakerEvent/probeStarted`` is recorded.
        case probe
        /// The call must wait for the running probe.
        case probing
        /// The call may not start before this instant.
        case until(Instant)
    }

    /// Decides on a call at `now`.
    package func access(at now: Instant) -> Access {
        switch self {
        case .closed: .through
        case .open(let until, _): now >= until ? .probe : .until(until)
        case .probing: .probing
        }
    }

    /// Returns the state after `event` at `now`, by the table above.
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
