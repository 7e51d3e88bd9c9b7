package import BerthQueue

/// The state of a provider at this moment.
package struct ProviderState: Sendable {
    /// The states of access to a provider.
    package enum Access: String, Sendable {
        /// Calls may start.
        case open
        /// The provider asked for a pause, which is not over.
        case paused
        /// The circuit breaker is open after failures, until a trial call succeeds.
        case failing
    }

    /// The provider's name, as configured.
    package let provider: String
    /// Calls that wait for it, of all lanes.
    package let waiting: Int
    /// Calls that have a permit.
    package let running: Int
    /// The most calls that may have one now, 1 to the configured `concurrency`.
    package let limit: Int
    /// The breakers that block calls, of the provider, its models and single tenants.
    package let blocked: [BlockedCalls]

    /// The access to the provider.
    package var access: Access { access(to: nil) }

    /// The access to a model by the provider's name of it, or to the provider itself.
    package func access(to model: String?) -> Access {
        let own = blocked.first { $0.tenant == nil && $0.model == model }
        return switch own?.why {
        case nil: .open
        case .paused: .paused
        case .failing: .failing
        }
    }
}
