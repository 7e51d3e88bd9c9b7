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

    /// Calls that are held back, because a model or a provider has failed or asked for a pause.
    package struct Held: Codable, Sendable {
        /// The provider's name, or `provider/model` if one model's calls are held back.
        package let name: String
        /// The tenant whose calls are held back; nil if those of all tenants are.
        package let tenant: String?
        /// `paused` or `failing`.
        package let state: String
        /// The time from which one call is tried, in UTC milliseconds since 1970; past while one
        /// runs.
        package let untilMs: Int64
        /// The end of the pause, in UTC milliseconds since 1970; nil if a successful call ends it.
        package let endsMs: Int64?

        private enum CodingKeys: String, CodingKey {
            case name
            case tenant
            case state
            case untilMs = "until_ms"
            case endsMs = "ends_ms"
        }
    }

    /// All lanes, in the order of their weight.
    package let lanes: [Lane]
    /// All providers except the demo, by name.
    package let providers: [Provider]
    /// The calls that are held back, by provider.
    package let held: [Held]
    /// Turns that have failed in the last seven days, and parts of replies that were given up.
    package let failed: Int
    /// Calls of the last seven days whose outcome is unknown, of turns and of the API.
    package let uncertain: Int
    /// Calls of the last seven days whose outcome is unknown, and whose turns were asked again.
    package let askedAgain: Int
    /// The most that the house has paid for those, in millionths of a dollar.
    package let houseMicros: Int64
    /// The times in the last seven days that a part of a reply was sent again although it may have
    /// been delivered.
    package let sentAgain: Int

    private enum CodingKeys: String, CodingKey {
        case lanes
        case providers
        case held
        case failed
        case uncertain
        case askedAgain = "asked_again"
        case houseMicros = "house_micros"
        case sentAgain = "sent_again"
    }

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
        held = queues.states.flatMap { state in
            state.blocked.map { blocked in
                Held(
                    name: blocked.model.map { "\(state.provider)/\($0)" } ?? state.provider,
                    tenant: blocked.tenant,
                    state: blocked.why.rawValue,
                    untilMs: queues.timestamp(of: blocked.until).milliseconds,
                    endsMs: blocked.end.map { queues.timestamp(of: $0).milliseconds }
                )
            }
        }
        failed = troubles.failedTurns + troubles.failedParts
        uncertain = troubles.uncertainCalls
        (askedAgain, houseMicros) = (troubles.absorbedCalls, troubles.absorbedMicros)
        sentAgain = troubles.unsureParts
    }
}
