package import BerthLoop

/// The time in which a circuit breaker admits no call, and why.
package struct BreakerOpening: Equatable, Sendable {
    /// The reason.
    package var why: ClosedReason
    /// The time from which one fresh request is admitted as the probe.
    package var until: Instant
    /// The end of a pause, from which all calls are admitted; nil if only a probe closes it.
    package var end: Instant?
    /// The number of consecutive openings, 1 or more.
    package var count = 1
    /// The time after ``until`` in which only fresh requests may probe.
    package var grace: Duration = .zero
    /// The tenants whose calls have failed, at most ``BreakerTally/most``.
    ///
    /// Their requests are not fresh.
    package var tenants: [String] = []

    /// Makes the opening after `tally`.
    static func failing(
        _ tally: BreakerTally,
        at now: Instant,
        _ policy: BreakerPolicy,
        jitter: Double
    ) -> BreakerOpening {
        // The requests of a tenant are equally fresh at a breaker of its own.
        let tenants = policy.tenants > 1 ? tally.tenants : []
        let first = BreakerOpening(why: .failing, until: now, tenants: tenants)
        return first.lasting(policy.time(opening: 1, jitter: jitter), at: now, policy)
    }

    /// Makes the opening of a pause.
    static func paused(
        for duration: Duration,
        at now: Instant,
        _ policy: BreakerPolicy,
        count: Int = 1,
        jitter: Double
    ) -> BreakerOpening {
        let time = max(.zero, duration)
        let probe = policy.probe(ofPause: count, jitter: jitter)
        return BreakerOpening(
            why: .paused,
            until: now + min(time, probe),
            end: now + time,
            count: count
        )
    }

    /// The next opening, after a probe that failed.
    func longer(
        because tenant: String?,
        at now: Instant,
        _ policy: BreakerPolicy,
        jitter: Double
    ) -> BreakerOpening {
        var next = self
        next.count += 1
        if let tenant, !tenants.contains(tenant), tenants.count < BreakerTally.most {
            next.tenants.append(tenant)
        }
        let time =
            why == .paused
            ? policy.probe(ofPause: next.count, jitter: jitter)
            : policy.time(opening: next.count, jitter: jitter)
        return next.lasting(time, at: now, policy)
    }

    /// The same pause until at least `duration` from now.
    func extended(
        by duration: Duration,
        at now: Instant,
        _ policy: BreakerPolicy,
        jitter: Double
    ) -> BreakerOpening {
        var next = BreakerOpening.paused(
            for: duration,
            at: now,
            policy,
            count: count,
            jitter: jitter
        )
        guard let end, let later = next.end, later > end else { return self }
        if until < end { next.until = until }
        return next
    }

    private func lasting(_ time: Duration, at now: Instant, _ policy: BreakerPolicy) -> Self {
        var next = self
        (next.until, next.grace) = (now + time, min(time, policy.grace))
        return next
    }
}
