/// The outcome of a call to a provider, as the queue needs it.
package enum CallOutcome: Equatable, Sendable {
    /// The answer is complete. `latency` is the time to its first byte.
    case done(latency: Duration)
    /// The call failed.
    case failed(CallFailure)
    /// The caller cancelled the call.
    case cancelled
}
