/// An event that can change a circuit breaker's state.
package enum BreakerEvent: Hashable, Sendable, CaseIterable {
    /// A probe call has started, after the open time was over.
    case probeStarted
    /// The probe succeeded.
    case probeSucceeded
    /// The probe failed.
    case probeFailed
    /// The caller cancelled the probe, so its result is unknown.
    case probeCancelled
    /// A call other than a probe succeeded.
    case succeeded
    /// A call other than a probe failed through the provider's fault.
    case failed
}
