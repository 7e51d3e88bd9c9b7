import BerthLoop

/// The open work of an earlier run that a start has closed or left open.
package struct Recovery: Equatable, Sendable {
    /// Turns whose outcome is unknown.
    package var turns = 0
    /// Calls whose outcome is unknown.
    ///
    /// Each is charged at its reservation.
    package var calls = 0
    /// Steps that are taken up again, because their provider keeps the job.
    package var jobs = 0
    /// Turns that are asked again, because their provider has refused them and nothing was bought.
    package var refused = 0

    /// Nothing was open.
    package init() {}
}

extension Connection {
    func recover(
        at now: Timestamp,
        telling reply: (Place) -> [OutboxDraft]
    ) throws(StoreError) -> Recovery {
        var recovery = Recovery()
        try run("UPDATE turn SET owner = NULL, until_ms = NULL WHERE state = 'accepted'")
        try run("UPDATE turn SET owner = NULL, until_ms = NULL WHERE state = 'running'")
        recovery.refused = try acceptRefusedTurns()
        let lost = try turnsThatCannotGoOn()
        for turn in lost {
            try loseTurn(turn, at: now)
            guard let place = try place(of: turn) else { continue }
            try addOutbox(reply(place), of: turn, at: now)
        }
        recovery.turns = lost.count
        let open = try all(
            """
            SELECT id FROM call WHERE state = 'reserved' AND (step IS NULL OR step NOT IN (
                SELECT id FROM turn_step WHERE state = 'running'))
            ORDER BY id
            """
        ) { row throws(StoreError) in row.id(0) as Call.ID }
        for call in open { try loseCall(call, at: now) }
        recovery.calls = open.count
        recovery.jobs =
            try first(
                "SELECT count(*) FROM turn_step WHERE state = 'running'"
            ) { row throws(StoreError) in row.int(0) } ?? 0
        return recovery
    }

    /// Accepts the running turns again whose last call was released, and of which nothing was bought.
    ///
    /// The service was killed between the release and the turn's next change.
    ///
    /// - Returns: how many there are.
    private func acceptRefusedTurns() throws(StoreError) -> Int {
        let refused = try all(
            """
            SELECT id FROM turn WHERE state = 'running' AND answer = ''
                AND NOT EXISTS (SELECT 1 FROM turn_step
                    WHERE turn_step.turn = turn.id
                        AND turn_step.state IN ('waiting', 'running', 'done'))
                AND 'released' = (SELECT call.state FROM turn_step
                    JOIN call ON call.id = turn_step.call
                    WHERE turn_step.turn = turn.id ORDER BY ordinal DESC LIMIT 1)
            """
        ) { row throws(StoreError) in row.id(0) as Turn.ID }
        for turn in refused {
            guard let state = try state(of: turn)?.after(.interrupt) else { continue }
            try run("UPDATE turn SET state = ? WHERE id = ?", state, turn)
        }
        return refused.count
    }

    /// The running turns without a step from which they can go on.
    ///
    /// A turn goes on if it has an open step, and its running steps all have a job.
    private func turnsThatCannotGoOn() throws(StoreError) -> [Turn.ID] {
        try all(
            """
            SELECT id FROM turn WHERE state = 'running' AND (
                EXISTS (SELECT 1 FROM turn_step
                    WHERE turn_step.turn = turn.id AND turn_step.state = 'running'
                        AND job IS NULL)
                OR NOT EXISTS (SELECT 1 FROM turn_step
                    WHERE turn_step.turn = turn.id
                        AND turn_step.state IN ('waiting', 'running')))
            """
        ) { row throws(StoreError) in row.id(0) }
    }

    /// The place of a turn's conversation, or nil if that is deleted.
    private func place(of turn: Turn.ID) throws(StoreError) -> Place? {
        try first(
            """
            SELECT channel, chat, topic FROM session
            WHERE id = (SELECT session FROM turn WHERE id = ?) AND deleted_ms IS NULL
            """,
            turn
        ) { row throws(StoreError) in try Place(row, from: 0) }
    }

    private func loseTurn(_ turn: Turn.ID, at now: Timestamp) throws(StoreError) {
        guard let state = try state(of: turn)?.after(.lose) else { return }
        try run("UPDATE turn SET state = ?, finished_ms = ? WHERE id = ?", state, now, turn)
        try run(
            """
            UPDATE turn_step SET state = iif(state = 'running', 'uncertain', 'failed'),
                finished_ms = ?
            WHERE turn = ? AND state IN ('waiting', 'running')
            """,
            now,
            turn
        )
    }
}
