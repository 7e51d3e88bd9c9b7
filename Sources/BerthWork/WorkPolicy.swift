package import BerthQueue

/// The bounds of the queue, and the retries of failed work.
package struct WorkPolicy: Sendable {
    /// The pauses between a turn's attempts, and their number.
    package var backoff = Backoff()
    /// The time after a turn's acceptance in which its attempts must begin.
    package var patience = Duration.seconds(600)
    /// The circuit breaker's limit of failures, and the time for which it stays open.
    package var breaker = BreakerPolicy()
    /// The most waiting requests of one tenant.
    package var waitingPerTenant = 256
    /// The most waiting requests of all tenants.
    package var waiting = 2_048
    /// Whether the accepted turns of an earlier run go on.
    package var resumesTurns = true

    /// Makes the default policy of five attempts within ten minutes.
    package init() {}
}
