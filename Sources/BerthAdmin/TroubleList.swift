import BerthLoop
import BerthStore

/// Failed and uncertain work, newest first, without the text of any conversation.
package struct TroubleList: Codable, Sendable {
    /// A turn, an API call or a part of a reply.
    package struct Line: Codable, Sendable {
        /// The id that `berth queue retry` takes: a turn's, or `part-` and the number of a part.
        ///
        /// A call's id is `call-` and its number.
        package let id: String
        /// The name of the tenant who pays.
        package let tenant: String
        /// `failed` or `uncertain`.
        package let state: String
        /// The failure, without a provider's own words.
        package let why: String
        /// The model that was asked, as `provider/model`, or nil if none was.
        package let model: String?
        /// The number of times that a provider was asked, or a delivery was tried.
        package let attempts: Int
        /// The time of its end, in UTC milliseconds since 1970.
        package let endedMs: Int64
        /// Whether `berth queue retry` can retry it.
        package let retryable: Bool
        /// The channel, chat and topic of a part of a reply, or nil for anything else.
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

    /// The newest hundred lines of the last seven days.
    package let troubles: [Line]

    @Loop init(_ troubles: [Trouble], tenant: @Loop (Tenant.ID) -> String) {
        self.troubles = troubles.map { trouble in
            let (id, place): (String, Place?) =
                switch trouble.subject {
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

    /// Whether `id` is the id of an API call.
    static nonisolated func isCall(_ id: String) -> Bool {
        guard id.hasPrefix("call-") else { return false }
        return Int64(id.dropFirst("call-".count)) != nil
    }

    /// The part of a reply with the id `id`, or nil if it is no part's.
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
                "the service was killed during the call, which the provider may have charged"
            guard case .call = trouble.subject else { return what }
            return "\(what); an API call, which cannot be retried"
        }
        return trouble.reason ?? "unknown"
    }
}
