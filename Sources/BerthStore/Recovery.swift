import BerthLoop

/// The open work of an earlier run that a start has closed or left open.
package struct Recovery: Equatable, Sendable {
    /// Turns whose outcome is unknown.
    package var turns = 0
    /// Turns whose outcome was unknown, and which are asked again.
    package var askedAgain = 0
    /// Calls whose outcome is unknown.
    ///
    /// Each is charged at its reservation.
    package var calls = 0
    /// Steps, and calls without one, that are taken up again, because their provider keeps the job.
    package var jobs = 0
    /// Turns that are asked again, because their provider has refused them and nothing was bought.
    package var refused = 0

    /// Nothing was open.
    package init() {}
}

extension Connection {
    /// The times that starts ask a turn again without a person, however many kills cut it off.
    static let mostAskedAgain = 1

    func recover(
        at now: Timestamp,
        askingAgainBelow limit: Int64,
        telling reply: (Place, String?) -> [OutboxDraft]
    ) throws(StoreError) -> Recovery {
        var recovery = Recovery()
        try run("UPDATE turn SET owner = NULL, until_ms = NULL WHERE state = 'accepted'")
        try run("UPDATE turn SET owner = NULL, until_ms = NULL WHERE state = 'running'")
        recovery.refused = try acceptRefusedTurns()
        for turn in try turnsThatCannotGoOn() {
            if try mayAskAgain(turn, below: limit) {
                try askAgain(turn, at: now)
                recovery.askedAgain += 1
                continue
            }
            try loseTurn(turn, at: now)
            recovery.turns += 1
            guard let place = try place(of: turn) else { continue }
            try addOutbox(reply(place, try language(ofPayer: turn)), of: turn, at: now)
        }
        // The turns that are still running go on: from a step that waits, or from a provider's job.
        try run("UPDATE turn SET state = 'accepted' WHERE state = 'running'")
        let open = try all(
            """
            SELECT id FROM call WHERE state = 'reserved' AND (step IS NULL OR step NOT IN (
                SELECT turn_step.id FROM turn_step
                JOIN turn ON turn.id = turn_step.turn JOIN session ON session.id = turn.session
                WHERE turn_step.state = 'running' AND deleted_ms IS NULL))
                AND (job IS NULL OR tenant IN (SELECT id FROM tenant WHERE state = 'removed'))
            ORDER BY id
            """
        ) { row throws(StoreError) in row.id(0) as Call.ID }
        for call in open {
            let isOfText = try mayBuyTextAgain(call, below: limit)
            let isOfOutline = try mayOutlineAgain(call, below: limit)
            let isAgain = isOfText || isOfOutline
            try loseCall(call, as: isAgain ? .absorbed : .uncertain, at: now)
        }
        recovery.calls = open.count
        recovery.jobs =
            try first(
                """
                SELECT (SELECT count(*) FROM turn_step WHERE state = 'running')
                    + (SELECT count(*) FROM call WHERE state = 'reserved' AND job IS NOT NULL)
                """
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

    /// Whether a turn that a kill has cut off is asked again without a person.
    ///
    /// It has asked models and nothing else, its open calls together hold less than `limit`
    /// millionths of a dollar, somebody waits for it, and no start has asked it again before. A turn
    /// without an open call may have been charged for an answer that was not written. It is asked
    /// again only if none of its calls was charged.
    private func mayAskAgain(_ turn: Turn.ID, below limit: Int64) throws(StoreError) -> Bool {
        try first(
            """
            SELECT 1 FROM turn
            WHERE id = ?1 AND asked_again < ?3 AND kind <> 'image'
                AND session IN (SELECT id FROM session WHERE deleted_ms IS NULL)
                AND tenant IN (SELECT id FROM tenant WHERE state = 'active')
                AND NOT EXISTS (SELECT 1 FROM turn_step
                    WHERE turn = ?1 AND (kind <> 'ask' OR state = 'waiting' OR job IS NOT NULL))
                AND (EXISTS (SELECT 1 FROM turn_step WHERE turn = ?1 AND state = 'running')
                    OR NOT EXISTS (SELECT 1 FROM turn_step WHERE turn = ?1 AND state = 'done'))
                AND (SELECT total(reserved_micros) FROM call WHERE id IN (
                    SELECT call FROM turn_step WHERE turn = ?1 AND state = 'running')) < ?2
            """,
            turn,
            limit,
            Connection.mostAskedAgain
        ) { row throws(StoreError) in row.int(0) } != nil
    }

    /// Accepts a turn again, and lets the house bear its open calls.
    private func askAgain(_ turn: Turn.ID, at now: Timestamp) throws(StoreError) {
        guard let state = try state(of: turn)?.after(.askAgain) else { return }
        let calls = try all(
            "SELECT call FROM turn_step WHERE turn = ? AND state = 'running' AND call IS NOT NULL",
            turn
        ) { row throws(StoreError) in row.id(0) as Call.ID }
        for call in calls { try loseCall(call, as: .absorbed, at: now) }
        try endSteps(of: turn, as: .uncertain, at: now)
        try run(
            """
            UPDATE turn SET state = ?, asked_again = asked_again + 1, due_ms = NULL, answer = ''
            WHERE id = ?
            """,
            state,
            turn
        )
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

    /// The code of the language of the tenant who pays for a turn, or nil if none is known.
    private func language(ofPayer turn: Turn.ID) throws(StoreError) -> String? {
        let language = try first(
            """
            SELECT coalesce(language, heard_language) FROM tenant
            WHERE id = (SELECT tenant FROM turn WHERE id = ?)
            """,
            turn
        ) { row throws(StoreError) in row.textOrNil(0) }
        return language ?? nil
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
