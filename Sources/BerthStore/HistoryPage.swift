/// A page of a conversation's history.
package struct HistoryPage: Sendable {
    /// The turns, newest first.
    package let turns: [Turn]
    /// Whether there are older ones.
    package let hasMore: Bool
}
