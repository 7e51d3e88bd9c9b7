/// The reason why a model or a provider is not called.
package enum ClosedReason: String, Hashable, Sendable {
    /// Its circuit breaker is open, because its calls failed.
    case failing
    /// It asked for a pause.
    case paused
}
