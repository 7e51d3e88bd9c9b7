import BerthLoop
import BerthMemory
package import BerthStore
import BerthTelemetry

/// Turns that go on: after a restart, or because a person wants it.
extension Turns {
    /// Finds a tenant by its row; nil for one who is gone.
    typealias Payers = @Loop (Tenant.ID) -> LiveTenant?

    /// How many turns a start reads at once: each may have a message of 32 KiB.
    private static nonisolated let page = 100
    /// Between two tries to find memory for a turn that a start has taken up.
    private static nonisolated let pause = Duration.seconds(1)
    /// From now to where what is shown of failed turns begins: older ones are history.
    private static nonisolated let past = Duration.seconds(-7 * 86_400)

    /// Takes up the turns that an earlier run accepted and did not end: those for which there is no
    /// memory follow by themselves, each tenant's one after the other.
    ///
    /// - Returns: how many there were.
    /// - Throws: ``BotError`` when the database cannot be read or written.
    func resume(payers: @escaping Payers) async throws(BotError) -> Int {
        var (count, last) = (0, Turn.ID?.none)
        var late: [LateTurn] = []
        defer { takeUp(late, payers) }
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
                    let payer = payers(turn.tenant)
                    _ = try await goOn(turn, in: session, payer: payer, within: .zero)
                } catch {
                    if error.isForLackOfMemory, let session {
                        late.append(LateTurn(turn, hold(session, for: turn)))
                    } else {
                        try await giveUp(turn, error.description)
                    }
                }
            }
            (count, last) = (count + waiting.count, waiting.last?.0.id)
        }
    }

    // MARK: When there is no memory

    private struct LateTurn {
        let id: String
        let place: BusySession

        init(_ turn: Turn, _ place: BusySession) {
            id = turn.publicID
            self.place = place
        }
    }

    /// Lets nothing begin in a session before `turn`.
    private func hold(_ session: Session, for turn: Turn) -> BusySession {
        let place = BusySession(owner: turn.tenant, session: session.publicID)
        busy[session.publicID] = place
        return place
    }

    private func takeUp(_ late: [LateTurn], _ payers: @escaping Payers) {
        // One tenant who has used up its own quota keeps no other waiting.
        let byOwner = Dictionary(grouping: late, by: \.place.owner)
        // In the order of each owner's first turn, so that a run can be repeated.
        var owners: [Tenant.ID] = []
        for turn in late where !owners.contains(turn.place.owner) {
            owners.append(turn.place.owner)
        }
        for turns in owners.compactMap({ byOwner[$0] }) {
            pool.spawn { [self] in
                for turn in turns where !isStopping {
                    while await !takeUp(turn, payers), !isStopping {
                        // Cancelled: the service ends, and the turn stays accepted.
                        do { try await surroundings.clock.sleep(for: Turns.pause) } catch { return }
                    }
                }
            }
        }
    }

    /// Lets a turn go on when there is memory for it.
    ///
    /// - Returns: false where there was none.
    private func takeUp(_ late: LateTurn, _ payers: Payers) async -> Bool {
        var row: Turn?
        do throws(BotError) {
            guard let (turn, session) = try await stored(late.id), turn.state == .accepted else {
                busy[late.place.session] = nil
                return true
            }
            row = turn
            _ = try await goOn(turn, in: session, payer: payers(turn.tenant), at: late.place)
        } catch {
            // One that the service's end has overtaken is owed still: the next start takes it up.
            guard !error.isForLackOfMemory, !isStopping, !Task.isCancelled, let row else {
                busy[late.place.session] = late.place
                return false
            }
            if busy[late.place.session] === late.place { busy[late.place.session] = nil }
            try? await giveUp(row, error.description)  // the next start takes it up otherwise
        }
        return true
    }

    private func stored(_ publicID: String) async throws(BotError) -> (Turn, Session?)? {
        try await database.look { (connection) throws(StoreError) -> (Turn, Session?)? in
            try connection.turn(publicID: publicID).map { (turn) throws(StoreError) in
                (turn, try connection.session(turn.session))
            }
        }
    }

    // MARK: When a person wants it

    /// Answers a turn again that has failed or is uncertain, as the same turn.
    ///
    /// - Throws: ``BotError``: ``BotError/noTurn`` and ``BotError/notRetryable(_:)`` where there is
    ///   none to retry, else why it cannot go on now; nothing has then changed.
    func retry(_ publicID: String, payers: Payers) async throws(BotError) {
        guard let (turn, session) = try await stored(publicID) else { throw .noTurn }
        guard turn.state.after(.retry) != nil else { throw .notRetryable(turn.state) }
        guard !isStopping else { throw .stopping }
        let payer = payers(turn.tenant)
        try payer?.mayAsk()
        _ = try await goOn(turn, in: session, payer: payer, isFresh: true)
    }

    /// What failed or is uncertain of the last seven days, newest first, at most `limit`.
    package func troubled(limit: Int) async throws(BotError) -> [Trouble] {
        let start = surroundings.clock.timestamp + Turns.past
        return try await database.look { (connection) throws(StoreError) in
            try connection.troubles(since: start, limit: limit)
        }
    }

    /// How many turns have failed, and how many calls are uncertain, in the last seven days.
    package func troubles() async throws(BotError) -> (failed: Int, uncertain: Int) {
        let start = surroundings.clock.timestamp + Turns.past
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
        at held: BusySession? = nil,
        within patience: Duration = PrepaidMemory.patience,
        isFresh: Bool = false
    ) async throws(BotError) -> LiveTurn {
        guard let payer, let session else { throw .noSession }
        guard busy[session.publicID] === held else { throw .sessionBusy }
        let place = held ?? BusySession(owner: payer.row.id, session: session.publicID)
        busy[session.publicID] = place
        do throws(BotError) {
            let size = ByteCount(turn.text.utf8.count)
            let memory = try await paid(nil, size, payer, within: patience)
            guard !isStopping else { throw .stopping }
            let message = Message(text: turn.text, isFresh: isFresh, accepted: turn)
            return try await accept(message, session, payer, place, memory)
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
        let now = surroundings.clock.timestamp
        _ = try await database.change { (connection) throws(StoreError) in
            try connection.finishTurn(
                turn.id,
                as: TurnOutcome(.failed, answer: "", error: why),
                at: now
            )
        }
    }
}
