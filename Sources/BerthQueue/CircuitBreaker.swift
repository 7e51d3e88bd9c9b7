package import BerthLoop

/// A circuit breaker: it blocks calls to a failing or pausing model and probes it with single calls.
///
/// A provider, each of its models, and each tenant with trouble at a model have one.
///
/// | event | closed | open | probing |
/// |-------|--------|------|---------|
/// | probeStarted | – | probing, once its time is over | – |
/// | probeSucceeded | – | – | closed |
/// | probeFailed | – | – | open longer |
/// | probePaused | – | – | open for the pause |
/// | probeCancelled | – | – | open, time over |
/// | succeeded | closed, without evidence | – | – |
/// | reached | closed, without failed connections | – | – |
/// | failed | closed, or open when the tally says so | – | – |
/// | paused | open for the pause | a pause grows, a failure stays | as open |
///
/// There is no separate half-open state. An open breaker whose time is over admits one probe. At the
/// end of a pause it is closed, whatever its state. The result of a call made before the opening is
/// ignored afterwards ("–").
package enum CircuitBreaker: Equatable, Sendable {
    /// Calls are admitted.
    case closed(BreakerTally)
    /// Calls are blocked; when its time is over one probe is admitted.
    case open(BreakerOpening)
    /// One probe is running; other calls are blocked.
    case probing(BreakerOpening)

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

    /// Decides on a call of `tenant` at `now`.
    ///
    /// A request that has failed itself, or whose tenant's calls have failed, is not fresh. It
    /// probes only after the grace in which a fresh one may.
    package func access(for tenant: String, hasFailed: Bool, at now: Instant) -> Access {
        switch settled(at: now) {
        case .closed: return .through
        case .open(let opening):
            let isFresh = !hasFailed && !opening.tenants.contains(tenant)
            let start = opening.until + (isFresh ? .zero : opening.grace)
            return now >= start ? .probe : .until(start)
        case .probing: return .probing
        }
    }

    /// The opening in force at `now`, or nil if the breaker is closed.
    package func opening(at now: Instant) -> BreakerOpening? {
        switch settled(at: now) {
        case .closed: nil
        case .open(let opening), .probing(let opening): opening
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
        switch (settled(at: now), event) {
        case (.closed, .succeeded): return .closed(BreakerTally(succeeded: now))
        case (.closed(let tally), .reached): return .closed(tally.reached())
        case (.closed(let tally), .failed(let cause)):
            let next = tally.adding(cause, at: now, policy)
            guard next.opens(at: now, policy) else { return .closed(next) }
            return .open(.failing(next, at: now, policy, jitter: jitter))
        case (.closed, .paused(let pause)):
            return .open(.paused(for: pause, at: now, policy, jitter: jitter))
        case (.open(let opening), .paused(let pause)):
            return .open(opening.extended(by: pause, at: now, policy, jitter: jitter))
        case (.probing(let opening), .paused(let pause)):
            return .probing(opening.extended(by: pause, at: now, policy, jitter: jitter))
        case (.open(let opening), .probeStarted) where now >= opening.until:
            return .probing(opening)
        case (.probing(let opening), _):
            return CircuitBreaker.probed(opening, event, at: now, policy, jitter) ?? self
        case (let state, _): return state
        }
    }

    /// The state after the end of a probe; nil for any other event.
    private static func probed(
        _ opening: BreakerOpening,
        _ event: BreakerEvent,
        at now: Instant,
        _ policy: BreakerPolicy,
        _ jitter: Double
    ) -> CircuitBreaker? {
        switch event {
        case .probeSucceeded: return .closed(BreakerTally(succeeded: now))
        case .probeFailed(let tenant):
            return .open(opening.longer(because: tenant, at: now, policy, jitter: jitter))
        case .probePaused(let pause):
            let count = opening.why == .paused ? opening.count + 1 : 1
            return .open(.paused(for: pause, at: now, policy, count: count, jitter: jitter))
        case .probeCancelled:
            var again = opening
            (again.until, again.grace) = (now, .zero)
            return .open(again)
        default: return nil
        }
    }

    /// The state at `now`, in which a pause that is over is closed.
    private func settled(at now: Instant) -> CircuitBreaker {
        switch self {
        case .open(let opening), .probing(let opening):
            guard let end = opening.end, now >= end else { return self }
            return .fresh
        case .closed: return self
        }
    }
}
