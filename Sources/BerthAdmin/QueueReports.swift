import BerthBot
import BerthLoop
import BerthProviders
import BerthQueue
import BerthStore
import BerthWork

/// The queue as `berth queue` prints it; the shape is part of the command's interface.
package struct QueueReport: Codable, Sendable {
    /// What waits and runs in a lane, at all providers together.
    package struct Lane: Codable, Sendable {
        /// `chat`, `image` or `background`.
        package let lane: String
        /// Calls that wait.
        package let waiting: Int
        /// Calls that a provider is asked for.
        package let running: Int
    }

    /// How a provider stands.
    package struct Provider: Codable, Sendable {
        /// The name, as configured.
        package let provider: String
        /// Calls that wait for it.
        package let waiting: Int
        /// Calls that it is asked for.
        package let running: Int
        /// How many it may be asked at once now, 1 to the configured `concurrency`.
        package let limit: Int
        /// `open`, `paused` (it asked for a pause) or `failing` (it is left alone for a while).
        package let state: String
    }

    /// All lanes, in the order of their weight.
    package let lanes: [Lane]
    /// By name; the demo is none of them.
    package let providers: [Provider]
    /// Turns that have failed in the last seven days.
    package let failed: Int
    /// Calls of the last seven days whose outcome nobody knows, of turns and of the API.
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
        (failed, uncertain) = (troubles.failedTurns, troubles.uncertainCalls)
    }
}

/// What failed or is uncertain, newest first: who, when and why, never what was said.
package struct TroubleList: Codable, Sendable {
    /// A turn, or a call of the API.
    package struct Line: Codable, Sendable {
        /// What `berth queue retry` takes; of a call `call-` and its number.
        package let id: String
        /// Who pays.
        package let tenant: String
        /// `failed` or `uncertain`.
        package let state: String
        /// What went wrong, without a provider's own words.
        package let why: String
        /// Who was asked, as `provider/model`; nil: nobody was.
        package let model: String?
        /// How many times a provider was asked.
        package let attempts: Int
        /// When it ended: UTC milliseconds since 1970.
        package let endedMs: Int64
        /// Whether `berth queue retry` can answer it again.
        package let retryable: Bool

        private enum CodingKeys: String, CodingKey {
            case id
            case tenant
            case state
            case why
            case model
            case attempts
            case endedMs = "ended_ms"
            case retryable
        }
    }

    /// The newest hundred of the last seven days.
    package let troubles: [Line]

    @Loop init(_ troubles: [Trouble], tenant: @Loop (Tenant.ID) -> String) {
        self.troubles = troubles.map { trouble in
            let name: (id: String, isTurn: Bool) =
                switch trouble.subject {
                case .turn(let id): (id, true)
                case .call(let id): ("call-\(id)", false)
                }
            return Line(
                id: name.id,
                tenant: tenant(trouble.tenant),
                state: trouble.state.rawValue,
                why: TroubleList.why(trouble, isTurn: name.isTurn),
                model: trouble.model,
                attempts: trouble.attempts,
                endedMs: trouble.ended.milliseconds,
                retryable: name.isTurn
            )
        }
    }

    /// Whether `id` is that of a call.
    static nonisolated func isCall(_ id: String) -> Bool {
        guard id.hasPrefix("call-") else { return false }
        return Int64(id.dropFirst("call-".count)) != nil
    }

    private static nonisolated func why(_ trouble: Trouble, isTurn: Bool) -> String {
        guard trouble.state == .failed else {
            let what =
                "the service was killed while the provider was asked; it may have been bought"
            return isTurn ? what : "\(what); a call of the API, which cannot be retried"
        }
        return ProviderError.withoutProvidersWords(trouble.reason ?? "not known")
    }
}

/// A turn that is being answered again.
package struct RetryReport: Codable, Sendable {
    /// The same as before.
    package let id: String
    /// `accepted`.
    package let state: String

    init(id: String) {
        self.id = id
        state = Turn.State.accepted.rawValue
    }
}
