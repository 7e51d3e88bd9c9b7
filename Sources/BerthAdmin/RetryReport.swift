import BerthStore

/// The outcome of `berth queue retry`.
package struct RetryReport: Codable, Sendable {
    /// The id of the turn or the part, which stays the same.
    package let id: String
    /// The state: `accepted` for a turn, `waiting` for a part of a reply.
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
