import BerthLoop
import BerthQueue

/// How a provider stands at this moment.
package struct ProviderState: Sendable {
    /// Whether it is asked.
    package enum Access: String, Sendable {
        /// It is.
        case open
        /// It asked for a pause, which is not over.
        case paused
        /// It kept failing and is left alone; nothing is asked before a call finds it well.
        case failing
    }

    /// The name, as configured.
    package let provider: String
    /// Calls that wait for it, of all lanes.
    package let waiting: Int
    /// Calls that have a permit.
    package let running: Int
    /// How many may have one now, 1 to the configured `concurrency`.
    package let limit: Int
    /// Whether it is asked.
    package let access: Access
}

extension ProviderState.Access {
    @Loop init(_ gate: ProviderGate) {
        self =
            if case .closed = gate.state { gate.isPaused ? .paused : .open } else { .failing }
    }
}
