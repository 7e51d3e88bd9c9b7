package import BerthQueue

/// How the queue is bounded and how long what fails is tried.
package struct WorkPolicy: Sendable {
    /// The pauses between a turn's attempts, and how many there are.
    package var backoff = Backoff()
    /// No attempt of a turn begins later than this after it was accepted.
    package var patience = Duration.seconds(600)
    /// When a provider counts as failing, and for how long it is then left alone.
    package var breaker = BreakerPolicy()
    /// The most requests that one tenant may have waiting.
    package var waitingPerTenant = 256
    /// The most that may wait in all.
    package var waiting = 2_048

    /// The house's: five attempts within ten minutes.
    package init() {}
}
