import BerthLoop
import BerthMemory
import BerthStore
import BerthTelemetry
import BerthWork

/// Takes up stored turns after a restart and at a person's request.
@Loop final class TurnRecovery {
    private let store: any Store
    private let acceptance: Acceptance
    private let orders: PictureAcceptance
    private let runner: TurnRunner
    private let gate: SessionGate
    private let surroundings: Surroundings
    /// Whether the service stops, after which no turn is taken up.
    var isStopping = false

    /// Finds a tenant by its row, or nil for one that is removed.
    typealias Payers = @Loop (Tenant.ID) -> LiveTenant?

    /// A start reads this many turns at once.
    ///
    /// Each may have a message of 256 KiB.
    private static nonisolated let page = 12
    /// The pause between two tries to find memory for a turn.
    private static nonisolated let pause = Duration.seconds(1)

    init(
        _ store: any Store,
        _ acceptances: (Acceptance, PictureAcceptance),
        _ runner: TurnRunner,
        _ gate: SessionGate,
        in surroundings: Surroundings
    ) {
        self.store = store
        (acceptance, orders) = acceptances
        self.runner = runner
        self.gate = gate
        self.surroundings = surroundings
    }

    // MARK: At the start

    /// Closes the open work of a killed run, and takes up the turns that it had accepted.
    ///
    /// Turns for which there is no memory follow by themselves, each tenant's one after the other.
    ///
    /// - Returns: the number of turns that go on.
    /// - Throws: ``BotError`` if the database cannot be read or written.
    func start(payers: @escaping Payers) async throws(BotError) -> Int {
        var (count, last) = (0, Turn.ID?.none)
        var late: [LateTurn] = []
        defer { takeUp(late, payers) }
        while true {
            let (after, now) = (last, surroundings.clock.timestamp)
            let claim = acceptance.claim
            let found = try await withBotErrors { () async throws(StoreError) in
                try await store.claimTurns(claim, after: after, limit: TurnRecovery.page, at: now)
            }
            guard !found.isEmpty else { return count }
            for one in found {
                let payer = payers(one.turn.tenant)
                do throws(BotError) {
                    try await goOn(one, payer: payer, within: .zero)
                } catch {
                    let session = one.session.publicID
                    if error.isForLackOfMemory,
                        let entry = try? gate.enter(session, payer: one.turn.tenant)
                    {
                        late.append(LateTurn(id: one.turn.publicID, entry: entry))
                    } else {
                        try await giveUp(one, error, payer)
                    }
                }
            }
            (count, last) = (count + found.count, found.last?.turn.id)
        }
    }

    /// A turn that waits for memory.
    ///
    /// Nothing begins in its session before it.
    private struct LateTurn {
        let id: String
        let entry: SessionGate.Entry
    }

    private func takeUp(_ late: [LateTurn], _ payers: @escaping Payers) {
        // One tenant that has used up its own quota keeps no other waiting.
        var byPayer: [(payer: Tenant.ID, turns: [LateTurn])] = []
        for turn in late {
            if let index = byPayer.firstIndex(where: { $0.payer == turn.entry.payer }) {
                byPayer[index].turns.append(turn)
            } else {
                byPayer.append((turn.entry.payer, [turn]))
            }
        }
        for (_, turns) in byPayer {
            runner.pool.spawn { [self] in
                for turn in turns where !isStopping {
                    while await !takeUp(turn, payers), !isStopping {
                        // When cancelled, the service ends and the turn stays accepted.
                        do { try await surroundings.clock.sleep(for: TurnRecovery.pause) } catch {
                            return
                        }
                    }
                }
            }
        }
    }

    /// Lets a turn go on if there is memory for it.
    ///
    /// - Returns: false if there was none.
    private func takeUp(_ late: LateTurn, _ payers: Payers) async -> Bool {
        var row: TurnInSession?
        let payer = payers(late.entry.payer)
        do throws(BotError) {
            guard let found = try await stored(late.id), found.turn.state == .accepted else {
                gate.leave(late.entry)
                return true
            }
            row = found
            guard !late.entry.isStopped else {
                gate.leave(late.entry)
                try await finish(found, as: TurnOutcome(.stopped, answer: ""), payer)
                return true
            }
            try await goOn(found, payer: payer, at: late.entry)
        } catch {
            // The next start takes up a turn that the service's end has overtaken.
            guard !error.isForLackOfMemory, !isStopping, !Task.isCancelled, let row else {
                return false
            }
            gate.leave(late.entry)
            do throws(BotError) { try await giveUp(row, error, payer) } catch {
                // It is still accepted: the next start takes it up.
                surroundings.log.error(
                    "turn could not be marked as failed",
                    ["turn": .text(late.id), "why": .text(error.logged)]
                )
            }
        }
        return true
    }

    // MARK: At a person's wish

    /// Retries a turn that has failed or is uncertain, as the same turn.
    ///
    /// - Throws: ``BotError``: ``BotError/noTurn`` and ``BotError/notRetryable(_:)`` if there is none
    ///   to retry, else the reason for which it cannot go on now. Nothing has then changed.
    func retry(_ publicID: String, payers: Payers) async throws(BotError) {
        guard let found = try await stored(publicID) else { throw .noTurn }
        guard found.turn.state.after(.retry) != nil else {
            throw .notRetryable(found.turn.state)
        }
        guard !isStopping else { throw .stopping }
        let payer = payers(found.turn.tenant)
        try payer?.mayAsk()
        try await goOn(found, payer: payer, isFresh: true)
    }

    // MARK: Both

    private func stored(_ publicID: String) async throws(BotError) -> TurnInSession? {
        try await withBotErrors { () async throws(StoreError) in
            try await store.turnInSession(publicID: publicID)
        }
    }

    /// Takes a turn up, with the entry `held` if its session was kept for it.
    private func goOn(
        _ found: TurnInSession,
        payer: LiveTenant?,
        at held: SessionGate.Entry? = nil,
        within patience: Duration = PrepaidMemory.patience,
        isFresh: Bool = false
    ) async throws(BotError) {
        let (turn, session) = (found.turn, found.session)
        guard let payer else { throw .noSession }
        let entry =
            if let held { held } else {
                try gate.enter(session.publicID, payer: payer.row.id)
            }
        do throws(BotError) {
            let size = ByteCount(max(turn.wholeText?.bytes ?? 0, turn.text.utf8.count))
            let memory = try await acceptance.pay(for: size, of: payer, within: patience)
            guard !isStopping else { throw .stopping }
            let job: TurnJob
            if turn.kind == .image, let order = PicturePrompt(turn.text) {
                job = try await orders.takeUp(
                    turn,
                    order,
                    isFresh: isFresh,
                    by: payer,
                    at: entry,
                    memory
                )
            } else {
                job = try await acceptance.takeUp(
                    turn,
                    at: session.place,
                    isFresh: isFresh,
                    by: payer,
                    at: entry,
                    memory
                )
            }
            runner.start(job)
        } catch {
            // The entry of a turn that waits for memory keeps its session.
            if held == nil { gate.leave(entry) }
            throw error
        }
    }

    private func giveUp(
        _ found: TurnInSession,
        _ why: BotError,
        _ payer: LiveTenant?
    ) async throws(BotError) {
        let phrase = Phrase.refusal(why)
        let error = phrase.text(in: payer?.language ?? .english)
        var outcome = TurnOutcome(.failed, answer: "", error: error)
        outcome.why = phrase.withoutProvidersWords
        try await finish(found, as: outcome, payer)
    }

    private func finish(
        _ found: TurnInSession,
        as outcome: TurnOutcome,
        _ payer: LiveTenant?
    ) async throws(BotError) {
        let (place, language) = (found.session.place, payer?.language ?? .english)
        _ = try await withBotErrors { () async throws(StoreError) in
            try await runner.finish(found.turn.id, as: outcome, at: place, in: language)
        }
    }
}
