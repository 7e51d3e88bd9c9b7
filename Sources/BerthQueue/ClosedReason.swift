/// The reason why a provider is unavailable.
package enum ClosedReason: Hashable, Sendable, CustomStringConvertible {
    /// Its circuit breaker is open, because its calls failed.
    case failing
    /// It asked for a pause longer than ``ProviderLimits/patience``.
    case paused

    package var description: String {
        switch self {
        case .failing: "keeps failing and is not called for now"
        case .paused: "has asked for a pause"
        }
    }
}
