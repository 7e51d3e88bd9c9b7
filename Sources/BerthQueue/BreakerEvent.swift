/// An event that can change a circuit breaker's state.
package enum BreakerEvent: Equatable, Sendable {
    /// A probe call has started, after the open time was over.
    case probeStarted
    /// The probe succeeded.
    case probeSucceeded
    /// The probe failed, by a call of `tenant` or by nobody's fault.
    case probeFailed(tenant: String?)
    /// The probe was answered with a pause of this length.
    case probePaused(Duration)
    /// The caller cancelled the probe, so its result is unknown.
    case probeCancelled
    /// A call other than a probe succeeded, or is being answered.
    case succeeded
    /// A call other than a probe was answered with an error, so there is a connection.
    case reached
    /// A call other than a probe failed through the provider's fault.
    case failed(BreakerCause)
    /// A call other than a probe was answered with a pause of this length.
    case paused(Duration)
}
