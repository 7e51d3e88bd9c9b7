import BerthBot
import BerthLoop
import BerthProviders
import BerthQueue

/// The turns that wait or run, oldest first, without the text of any conversation.
package struct OpenTurnList: Codable, Sendable {
    /// One turn.
    package struct Line: Codable, Sendable {
        /// The id that `berth queue end` takes.
        package let id: String
        /// The name of the tenant who pays.
        package let tenant: String
        /// `waiting` or `answering`.
        package let state: String
        /// The reason for its wait: `memory`, `failing`, `paused`, or nil for its place in the
        /// queue.
        package let why: String?
        /// The progress of its pictures at their provider; nil before it has begun.
        package let progress: String?
        /// The time since it was accepted or taken up, in milliseconds.
        package let ageMs: Int64

        private enum CodingKeys: String, CodingKey {
            case id
            case tenant
            case state
            case why
            case progress
            case ageMs = "age_ms"
        }
    }

    /// The oldest hundred.
    package let turns: [Line]

    @Loop init(_ turns: [OpenTurn]) {
        self.turns = turns.map { turn in
            Line(
                id: turn.id,
                tenant: turn.tenant,
                state: turn.isAnswered ? "answering" : "waiting",
                why: turn.isAnswered ? nil : turn.cause?.rawValue,
                progress: turn.progress.map { "\($0)" },
                ageMs: turn.age.milliseconds()
            )
        }
    }
}
