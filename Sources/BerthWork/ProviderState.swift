import BerthLoop
import BerthQueue

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
    /// The access to the provider.
    package let access: Access
}

extension ProviderState.Access {
    @Loop init(_ gate: ProviderGate) {
        self =
            if case .closed = gate.state { gate.isPaused ? .paused : .open } else { .failing }
    }
}
