import BerthLoop
package import BerthStore

/// Turns that go on: after a restart, or because a person wants it.
extension Turns {
    /// Finds a tenant by its row; nil for one who is gone.
    typealias Payers = @Loop (Tenant.ID) -> LiveTenant?

    /// How many turns a start reads at once: each may have a message of 32 KiB.
    private static nonisolated let page = 100
    /// From now to where what is shown of failed turns begins: older ones are history.
    private static nonisolated let past = Duration.seconds(-7 * 86_400)

    /// Takes up the turns that an earlier run accepted and did not end.
    ///
    /// - Returns: how many there were.
    /// - Throws: ``BotError`` when the database cannot be read or written.
    func resume(payers: Payers) async throws(BotError) -> Int {
        var (count, last) = (0, Turn.ID?.none)
        while true {
            let after = last
            let waiting = try await database.look {
                (connection) throws(StoreError) -> [(Turn, Session?)] in
                try connection.acceptedTurns(after: after, limit: Turns.page).map {
                    (turn) throws(StoreError) in (turn, try connection.session(turn.session))
                }
            }
            guard !waiting.isEmpty else { return count }
            for (turn, session) in waiting {
                do throws(BotError) {
                    _ = try await goOn(turn, in: session, payer: payers(turn.tenant))
                } catch { try await giveUp(turn, error.description) }
            }
            (count, last) = (count + waiting.count, waiting.last?.0.id)
        }
    }

    /// Answers a turn again that has failed or is uncertain, as the same turn.
    ///
    /// - Throws: ``BotError``: ``BotError/noTurn`` and ``BotError/notRetryable(_:)`` where there is
    ///   none to retry, else why it cannot go on now; nothing has then changed.
    func retry(_ publicID: String, payers: Payers) async throws(BotError) {
        let found = try await database.look {
            (connection) throws(StoreError) -> (Turn, Session?)? in
            try connection.turn(publicID: publicID).map { (turn) throws(StoreError) in
                (turn, try connection.session(turn.session))
            }
        }
        guard let (turn, session) = found else { throw .noTurn }
        guard turn.state.after(.retry) != nil else { throw .notRetryable(turn.state) }
        guard !isStopping else { throw .stopping }
        let payer = payers(turn.tenant)
        try payer?.mayAsk()
        _ = try await goOn(turn, in: session, payer: payer, isFresh: true)
    }

    /// What failed or is uncertain of the last seven days, newest first, at most `limit`.
    package func troubled(limit: Int) async throws(BotError) -> [Trouble] {
        let start = clock.timestamp + Turns.past
        return try await database.look { (connection) throws(StoreError) in
            try connection.troubles(since: start, limit: limit)
        }
    }

    /// How many turns have failed, and how many calls are uncertain, in the last seven days.
    package func troubles() async throws(BotError) -> (failed: Int, uncertain: Int) {
        let start = clock.timestamp + Turns.past
        return try await database.look { (connection) throws(StoreError) in
            (
                try connection.failedTurns(since: start),
                try connection.uncertainCalls(since: start)
            )
        }
    }

    private func goOn(
        _ turn: Turn,
        in session: Session?,
        payer: LiveTenant?,
        isFresh: Bool = false
    ) async throws(BotError) -> LiveTurn {
        guard let payer, let session else { throw .noSession }
        guard busy[session.publicID] == nil else { throw .sessionBusy }
        let place = BusySession(owner: payer.row.id, request: "-")
        busy[session.publicID] = place
        do throws(BotError) {
            return try await accept(
                turn.text,
                session,
                payer,
                place,
                isFresh: isFresh,
                resuming: turn
            )
        } catch {
            busy[session.publicID] = nil
            throw error
        }
    }

    /// Makes a turn that has ended an accepted one again; one that is accepted stays as it is.
    ///
    /// - Throws: ``BotError/noTurn`` when it was deleted or asked again meanwhile.
    func reopen(_ turn: Turn) async throws(BotError) -> Turn.ID {
        guard turn.state != .accepted else { return turn.id }
        let isOpen = try await database.change { (connection) throws(StoreError) in
            guard try connection.isRow(turn.id, of: turn.publicID) else { return false }
            return try connection.retryTurn(turn.id)
        }
        guard isOpen else { throw .noTurn }
        return turn.id
    }

    private func giveUp(_ turn: Turn, _ why: String) async throws(BotError) {
        let now = clock.timestamp
        _ = try await database.change { (connection) throws(StoreError) in
            try connection.finishTurn(
                turn.id,
                as: TurnOutcome(.failed, answer: "", error: why),
                at: now
            )
        }
    }
}
