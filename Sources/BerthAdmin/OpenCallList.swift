import BerthLoop
import BerthProviders
import BerthWork

/// The asks of the API that wait or run, oldest first, without their content.
package struct OpenCallList: Codable, Sendable {
    /// One ask.
    package struct Line: Codable, Sendable {
        /// The id that `berth queue end` takes.
        package let id: String
        /// The name of the tenant who pays.
        package let tenant: String
        /// The first of the models that it may be answered by.
        package let model: String
        /// `waiting`, or `running` if its provider has been asked.
        package let state: String
        /// The progress of an order of pictures at its provider; nil before it has begun.
        package let progress: String?
        /// The id of the HTTP request, for the log.
        package let request: String
        /// The time since it came, in milliseconds.
        package let ageMs: Int64

        private enum CodingKeys: String, CodingKey {
            case id
            case tenant
            case model
            case state
            case progress
            case request
            case ageMs = "age_ms"
        }
    }

    /// The oldest hundred.
    package let calls: [Line]

    init(_ calls: [OpenCallInfo], at now: Instant) {
        self.calls = calls.map { call in
            Line(
                id: call.id,
                tenant: call.tenant,
                model: call.model,
                state: call.isAsked ? "running" : "waiting",
                progress: call.progress.map { "\($0)" },
                request: call.request,
                ageMs: (now - call.since).milliseconds()
            )
        }
    }
}
