/// A page of a conversation's history, oldest first.
package struct TurnPage: Encodable, Sendable {
    /// The turns.
    package let turns: [TurnInfo]
    /// Whether there are older turns.
    package let more: Bool
}
