/// The thresholds at which a circuit breaker opens, and the time it stays open.
package struct BreakerPolicy: Equatable, Sendable {
    /// The number of failed requests, without a success between them, that opens the breaker.
    package var requests = 5
    /// The number of tenants to whom these requests must belong.
    package var tenants = 2
    /// A success keeps the breaker closed for this long.
    package var window: Duration = .seconds(30)
    /// Failures are forgotten when no further one came for this long.
    package var memory: Duration = .seconds(300)
    /// The time that the breaker stays open at first.
    ///
    /// It doubles each time a probe fails.
    package var open: Duration = .seconds(2)
    /// The maximum time that the breaker stays open, without jitter.
    package var most: Duration = .seconds(120)
    /// The time after the open time in which only fresh requests may probe, at most.
    package var grace: Duration = .seconds(5)
    /// The time after which a longer pause is probed first.
    ///
    /// It doubles each time the probe is answered with a pause.
    package var pauseProbe: Duration = .seconds(60)
    /// The maximum time between two probes of a pause.
    package var mostPauseProbe: Duration = .seconds(900)

    /// Makes the default policy.
    package init() {}

    /// The policy for the calls of one tenant, whose breaker is closed to that tenant alone.
    var ofOneTenant: BreakerPolicy {
        var policy = self
        (policy.tenants, policy.window) = (1, .zero)
        return policy
    }

    /// Returns the duration of the `count`-th consecutive opening, counted from 1.
    ///
    /// `jitter`, 0…1, adds up to a fifth.
    func time(opening count: Int, jitter: Double) -> Duration {
        let step = min(most, open * (1 << (min(max(1, count), 31) - 1)))
        return step * (1 + min(max(0, jitter), 1) / 5)
    }

    /// Returns the time until the `count`-th probe of a pause, counted from 1.
    func probe(ofPause count: Int, jitter: Double) -> Duration {
        let step = min(mostPauseProbe, pauseProbe * (1 << (min(max(1, count), 31) - 1)))
        return step * (1 + min(max(0, jitter), 1) / 5)
    }
}
