import BerthStore

/// The outcome of `berth queue retry` or `berth queue end`.
package struct RetryReport: Codable, Sendable {
    /// The id of the turn, the part or the API call, which stays the same.
    package let id: String
    /// The state: `accepted` for a turn that is retried, `waiting` for a part of a reply, `stopped`
    /// for a turn or a call that was ended.
    package let state: String

    init(turn id: String) {
        self.id = id
        state = Turn.State.accepted.rawValue
    }

    init(ended id: String) {
        self.id = id
        state = Turn.State.stopped.rawValue
    }

    init(part id: String) {
        self.id = id
        state = OutboxPart.State.waiting.rawValue
    }
}
