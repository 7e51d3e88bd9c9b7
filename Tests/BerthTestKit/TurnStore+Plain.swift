package import BerthLoop
package import BerthStore

extension TurnStore {
    /// Closes the open work of an earlier run, and tells nobody.
    ///
    /// Nothing is asked again by default.
    package func recover(
        at now: Timestamp,
        askingAgainBelow limit: Int64 = 0
    ) async throws(StoreError) -> Recovery {
        try await recover(at: now, askingAgainBelow: limit) { _, _ in [] }
    }

    /// Ends a turn that has no calls to settle and nothing to deliver, as
    /// the verb does.
    @discardableResult
    package func finishTurn(
        _ turn: Turn.ID,
        as outcome: TurnOutcome,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await finishTurn(turn, as: outcome, settling: [], outbox: [], at: now)
    }
}
