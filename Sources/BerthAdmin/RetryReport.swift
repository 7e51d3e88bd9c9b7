import BerthStore

/// The outcome of `berth queue retry`.
package struct RetryReport: Codable, Sendable {
    /// The turn's id, which stays the same.
    package let id: String
    /// The turn's state, which is `accepted`.
    package let state: String

    init(id: String) {
        self.id = id
        state = Turn.State.accepted.rawValue
    }
}
