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
    /// Turns that have failed in the last seven days, and parts of replies that were given up.
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
        (failed, uncertain) = (
            troubles.failedTurns + troubles.failedParts, troubles.uncertainCalls
        )
    }
}

/// What failed or is uncertain, newest first: who, when and why, never what was said.
package struct TroubleList: Codable, Sendable {
    /// A turn, a call of the API, or a part of a reply.
    package struct Line: Codable, Sendable {
        /// The name that `berth queue retry` takes: a turn's, `call-` and a number, or `part-` and a
        /// number.
        package let id: String
        /// Who pays.
        package let tenant: String
        /// `failed` or `uncertain`.
        package let state: String
        /// What went wrong, without a provider's own words.
        package let why: String
        /// Who was asked, as `provider/model`; nil: nobody was.
        package let model: String?
        /// How many times a provider was asked, or a delivery was tried.
        package let attempts: Int
        /// When it ended: UTC milliseconds since 1970.
        package let endedMs: Int64
        /// Whether `berth queue retry` can answer or deliver it again.
        package let retryable: Bool
        /// The channel, chat and topic of a part of a reply. nil for anything else.
        package let place: String?

        private enum CodingKeys: String, CodingKey {
            case id
            case tenant
            case state
            case why
            case model
            case attempts
            case endedMs = "ended_ms"
            case retryable
            case place
        }
    }

    /// The newest hundred of the last seven days.
    package let troubles: [Line]

    @Loop init(_ troubles: [Trouble], tenant: @Loop (Tenant.ID) -> String) {
        self.troubles = troubles.map { trouble in
            let subject = trouble.subject
            let (id, place): (String, Place?) =
                switch subject {
                case .turn(let id): (id, nil)
                case .call(let id): ("call-\(id)", nil)
                case .part(let id, let place): ("part-\(id)", place)
                }
            return Line(
                id: id,
                tenant: tenant(trouble.tenant),
                state: trouble.state.rawValue,
                why: TroubleList.why(trouble),
                model: trouble.model,
                attempts: trouble.attempts,
                endedMs: trouble.ended.milliseconds,
                retryable: !TroubleList.isCall(id),
                place: place.map(TroubleList.words)
            )
        }
    }

    /// Whether `id` is that of a call.
    static nonisolated func isCall(_ id: String) -> Bool {
        guard id.hasPrefix("call-") else { return false }
        return Int64(id.dropFirst("call-".count)) != nil
    }

    /// The part of a reply called `id`, or nil if that is no part's name.
    static nonisolated func part(_ id: String) -> OutboxPart.ID? {
        guard id.hasPrefix("part-") else { return nil }
        return Int64(id.dropFirst("part-".count)).map { OutboxPart.ID($0) }
    }

    /// A place in one line.
    private static nonisolated func words(_ place: Place) -> String {
        let topic = place.topic.isEmpty ? "" : " topic \(place.topic)"
        return "\(place.channel.rawValue) \(place.chat)\(topic)"
    }

    private static nonisolated func why(_ trouble: Trouble) -> String {
        guard trouble.state == .failed else {
            let what =
                "the service was killed while the provider was asked; it may have been bought"
            guard case .call = trouble.subject else { return what }
            return "\(what); a call of the API, which cannot be retried"
        }
        return ProviderError.withoutProvidersWords(trouble.reason ?? "not known")
    }
}

/// A turn that is being answered again, or a part of a reply that is being delivered again.
package struct RetryReport: Codable, Sendable {
    /// The same as before.
    package let id: String
    /// `accepted` for a turn, `waiting` for a part.
    package let state: String

    init(turn id: String) {
        self.id = id
        state = Turn.State.accepted.rawValue
    }

    init(part id: String) {
        self.id = id
        state = OutboxPart.State.waiting.rawValue
    }
}
