import BerthLoop
import BerthProviders
import BerthStore

/// Failed and uncertain work, newest first, without the text of any conversation.
package struct TroubleList: Codable, Sendable {
    /// A turn or an API call.
    package struct Line: Codable, Sendable {
        /// The turn's id, as `berth queue retry` takes it, or `call-` and the number of a call.
        package let id: String
        /// The name of the tenant who pays.
        package let tenant: String
        /// `failed` or `uncertain`.
        package let state: String
        /// The failure, without a provider's own words.
        package let why: String
        /// The model that was asked, as `provider/model`, or nil if none was.
        package let model: String?
        /// The number of times that a provider was asked.
        package let attempts: Int
        /// The time of its end, in UTC milliseconds since 1970.
        package let endedMs: Int64
        /// Whether `berth queue retry` can retry it.
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

    /// The newest hundred lines of the last seven days.
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

    /// Whether `id` is the id of an API call.
    static nonisolated func isCall(_ id: String) -> Bool {
        guard id.hasPrefix("call-") else { return false }
        return Int64(id.dropFirst("call-".count)) != nil
    }

    private static nonisolated func why(_ trouble: Trouble, isTurn: Bool) -> String {
        guard trouble.state == .failed else {
            let what =
                "the service was killed during the call, which the provider may have charged"
            return isTurn ? what : "\(what); an API call, which cannot be retried"
        }
        return ProviderError.withoutProvidersWords(trouble.reason ?? "unknown")
    }
}
