import BerthLoop

/// Turns and every change of a turn's state, each as the table of ``Turn/State`` has it.
extension Connection {
    func turn(publicID: String) throws(StoreError) -> Turn? {
        try first(
            """
            SELECT id, public_id, session, tenant, kind, state, text, answer, error, model,
                attempts, due_ms, input_tokens, output_tokens, estimated, created_ms, finished_ms,
                ending, reasoning, sources,
                EXISTS (SELECT 1 FROM turn_file WHERE turn_file.turn = turn.id),
                parent, continues, fresh, wish, cached, micros, heard, left_out,
                summarized
            FROM turn WHERE public_id = ?
            """,
            publicID
        ) { row throws(StoreError) in try turn(row) }
    }

    func turn(_ id: Turn.ID) throws(StoreError) -> Turn? {
        try first(
            """
            SELECT id, public_id, session, tenant, kind, state, text, answer, error, model,
                attempts, due_ms, input_tokens, output_tokens, estimated, created_ms, finished_ms,
                ending, reasoning, sources,
                EXISTS (SELECT 1 FROM turn_file WHERE turn_file.turn = turn.id),
                parent, continues, fresh, wish, cached, micros, heard, left_out,
                summarized
            FROM turn WHERE id = ?
            """,
            id
        ) { row throws(StoreError) in try turn(row) }
    }

    func claimTurns(
        _ claim: TurnClaim,
        after last: Turn.ID?,
        limit: Int,
        at now: Timestamp
    ) throws(StoreError) -> [TurnInSession] {
        let turns = try all(
            """
            SELECT id, public_id, session, tenant, kind, state, text, answer, error, model,
                attempts, due_ms, input_tokens, output_tokens, estimated, created_ms, finished_ms,
                ending, reasoning, sources,
                EXISTS (SELECT 1 FROM turn_file WHERE turn_file.turn = turn.id),
                parent, continues, fresh, wish, cached, micros, heard, left_out,
                summarized
            FROM turn
            WHERE state = 'accepted' AND id > ?
                AND (owner IS NULL OR owner = ? OR until_ms <= ?)
                AND session IN (SELECT id FROM session WHERE deleted_ms IS NULL)
            ORDER BY id LIMIT ?
            """,
            last?.value ?? 0,
            claim.owner,
            now,
            max(0, limit)
        ) { row throws(StoreError) in try turn(row) }
        var claimed: [TurnInSession] = []
        for turn in turns {
            guard let session = try session(turn.session) else { continue }
            try run(
                "UPDATE turn SET owner = ?, until_ms = ? WHERE id = ?",
                claim.owner,
                claim.until,
                turn.id
            )
            claimed.append(TurnInSession(turn: turn, session: session))
        }
        return claimed
    }

    // MARK: Changes of state

    /// Starts a turn, whose state is read unless its caller has read it.
    func startTurn(_ turn: Turn.ID, from known: Turn.State? = nil) throws(StoreError) {
        let now: Turn.State? = if let known { known } else { try state(of: turn) }
        guard let state = now?.after(.start) else { return }
        try run(
            "UPDATE turn SET state = ?, attempts = attempts + 1, due_ms = NULL WHERE id = ?",
            state,
            turn
        )
    }

    func finishTurn(
        _ turn: Turn.ID,
        as outcome: TurnOutcome,
        settling settlements: [Settlement] = [],
        outbox: [OutboxDraft] = [],
        at now: Timestamp
    ) throws(StoreError) -> Bool {
        guard let state = try state(of: turn)?.after(outcome.end.event) else { return false }
        let hasEnded = !state.isOpen
        try run(
            """
            UPDATE turn SET state = ?, answer = ?, error = ?, why = ?, model = coalesce(?, model),
                owner = NULL, until_ms = NULL,
                input_tokens = ?, output_tokens = ?, estimated = ?, finished_ms = ?,
                ending = ?, reasoning = ?, sources = ?, cached = ?, micros = ?
            WHERE id = ?
            """,
            state,
            hasEnded ? outcome.answer : "",
            outcome.error,
            outcome.why,
            outcome.model,
            outcome.inputTokens,
            outcome.outputTokens,
            outcome.isEstimated,
            hasEnded ? now : nil,
            hasEnded ? outcome.ending : nil,
            hasEnded ? outcome.reasoning : "",
            hasEnded ? outcome.sources : "",
            hasEnded && outcome.isCached,
            outcome.micros,
            turn
        )
        switch outcome.end {
        case .interrupted: try endStepsWithoutJob(of: turn, at: now)
        case .done, .stopped, .failed, .uncertain:
            try endSteps(of: turn, as: outcome.end.stateOfSteps, at: now)
            try addFiles(outcome.pictures, to: turn, as: .picture)
            try addOutbox(outbox, of: turn, at: now)
        }
        for settlement in settlements { _ = try settle(settlement, at: now) }
        return true
    }

    /// The state of a turn, or nil if it is gone.
    func state(of turn: Turn.ID) throws(StoreError) -> Turn.State? {
        try first("SELECT state FROM turn WHERE id = ?", turn) { row throws(StoreError) in
            try row.word(0)
        }
    }
}
