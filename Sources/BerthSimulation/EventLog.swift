import BerthText
import Synchronization

/// The event log of a virtual service: everything that can be seen of it from outside.
///
/// It has the lines of the service's log, and the header and every piece of each answer on its
/// network, in the order in which they came.
package final class EventLog: Sendable {
    private let state: Mutex<State>

    private struct State {
        var digest: [UInt8] = []
        var count = 0
        /// Nil if only the digest is kept.
        var events: [String]?
    }

    /// Makes an empty log, which keeps its events or only their digest.
    package init(keepsEvents: Bool = false) {
        state = Mutex(State(events: keepsEvents ? [] : nil))
    }

    /// Adds an event.
    package func add(_ event: [UInt8]) {
        state.withLock { state in
            state.digest = Secret256.digest([state.digest[...], event[...]])
            state.count += 1
            state.events?.append(String(decoding: event, as: UTF8.self))
        }
    }

    /// The number of events.
    package var count: Int { state.withLock(\.count) }
    /// SHA-256 over all events in their order, in hexadecimal.
    package var digest: String { state.withLock(\.digest).hex }
    /// The events, if they are kept.
    package var events: [String] { state.withLock { $0.events ?? [] } }
}
