import BerthBot
import BerthLoop
import BerthQueue
import BerthStore
import BerthWork

/// The queue as `berth queue` prints it.
///
/// The JSON's shape is part of the command's interface.
package struct QueueReport: Codable, Sendable {
    /// The calls of one lane, over all providers.
    package struct Lane: Codable, Sendable {
        /// The lane's name: `chat`, `image` or `background`.
        package let lane: String
        /// Calls that wait.
        package let waiting: Int
        /// Calls that run.
        package let running: Int
    }

    /// The state of one provider.
    package struct Provider: Codable, Sendable {
        /// The provider's name, as configured.
        package let provider: String
        /// Calls that wait for it.
        package let waiting: Int
        /// Calls that run.
        package let running: Int
        /// The most calls that may run at once now, 1 to the configured `concurrency`.
        package let limit: Int
        /// `open`, `paused` (it asked for a pause) or `failing` (its circuit breaker is open).
        package let state: String
    }

    /// All lanes, in the order of their weight.
    package let lanes: [Lane]
    /// All providers except the demo, by name.
    package let providers: [Provider]
    /// Turns that have failed in the last seven days, and parts of replies that were given up.
    package let failed: Int
    /// Calls of the last seven days whose outcome is unknown, of turns and of the API.
    package let uncertain: Int

    @Loop init(_ queues: ProviderQueues, _ troubles: TroubleCounts) {
        lanes = BerthQueue.Lane.allCases.map { lane in
            let count = queues.count(in: lane)
            return Lane(lane: lane.rawValue, waiting: count.waiting, running: count.running)
        }
        providers = queues.states.map { state in
            Provider(
                provider: state.provider,
                waiting: state.waiting,
                running: state.running,
                limit: state.limit,
                state: state.access.rawValue
            )
        }
        (failed, uncertain) = (
            troubles.failedTurns + troubles.failedParts, troubles.uncertainCalls
        )
    }
}
