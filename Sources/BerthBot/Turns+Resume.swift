import BerthLoop
import BerthStore

extension Turns {
    /// The most turns that one start takes up again.
    private static nonisolated let mostResumed = 1000

    /// Takes up the turns that an earlier run accepted and for which it had asked no provider.
    ///
    /// - Parameter payer: finds the tenant; nil for one who is gone.
    /// - Returns: how many there were.
    /// - Throws: ``BotError`` when the database cannot be read or written.
    func resume(payer: @Loop (Tenant.ID) -> LiveTenant?) async throws(BotError) -> Int {
        let waiting = try await database.look { (connection) throws(StoreError) in
            try connection.acceptedTurns(limit: Turns.mostResumed)
                .map { (turn) throws(StoreError) in (turn, try connection.session(turn.session)) }
        }
        for (turn, session) in waiting {
            guard let tenant = payer(turn.tenant), let session, busy[session.publicID] == nil
            else {
                try await giveUp(turn, "it could not go on after a restart: ask again")
                continue
            }
            let place = BusySession(owner: tenant.row.id, request: "-")
            busy[session.publicID] = place
            do throws(BotError) {
                _ = try await accept(turn.text, session, tenant, place, resuming: turn)
            } catch {
                busy[session.publicID] = nil
                try await giveUp(turn, error.description)
            }
        }
        return waiting.count
    }

    private func giveUp(_ turn: Turn, _ why: String) async throws(BotError) {
        let now = clock.timestamp
        try await database.change { (connection) throws(StoreError) in
            try connection.releaseCalls(of: turn.id, at: now)
            try connection.finishTurn(
                turn.id,
                as: TurnOutcome(.interrupted, answer: "", error: why),
                at: now
            )
        }
    }
}
