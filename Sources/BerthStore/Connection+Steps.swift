import BerthLoop

extension Connection {
    func addStep(
        _ draft: StepDraft,
        to turn: Turn.ID,
        as state: TurnStep.State = .waiting,
        at now: Timestamp
    ) throws(StoreError) -> TurnStep.ID {
        try insert(
            """
            INSERT INTO turn_step (turn, ordinal, kind, state, detail, created_ms)
            VALUES (?1, (SELECT coalesce(max(ordinal), 0) + 1 FROM turn_step WHERE turn = ?1),
                ?2, ?3, ?4, ?5)
            """,
            turn,
            draft.kind,
            state,
            draft.detail,
            now
        )
    }

    /// Begins the step that a call belongs to, and its turn.
    ///
    /// - Returns: nil if the call belongs to no turn, or its turn is no longer open.
    func beginStep(of reservation: Reservation, at now: Timestamp) throws(StoreError) -> TurnStep
        .ID?
    {
        guard let turn = reservation.turn, let state = try state(of: turn), state.isOpen else {
            return nil
        }
        try startTurn(turn, from: state)
        guard let step = reservation.step else {
            return try addStep(StepDraft(reservation.stepKind), to: turn, as: .running, at: now)
        }
        guard try startStep(step, of: turn) else { throw .notFound(what: "waiting step") }
        return step
    }

    func startStep(_ step: TurnStep.ID, of turn: Turn.ID) throws(StoreError) -> Bool {
        try run(
            "UPDATE turn_step SET state = 'running' WHERE id = ? AND turn = ? AND state = 'waiting'",
            step,
            turn
        ) > 0
    }

    /// Ends a step whose call has ended.
    func endStep(
        _ step: TurnStep.ID,
        as state: TurnStep.State,
        at now: Timestamp
    ) throws(StoreError) {
        try run(
            "UPDATE turn_step SET state = ?, finished_ms = ? WHERE id = ? AND state = 'running'",
            state,
            now,
            step
        )
    }

    /// Ends the open steps of a turn.
    func endSteps(
        of turn: Turn.ID,
        as state: TurnStep.State,
        at now: Timestamp
    ) throws(StoreError) {
        try run(
            """
            UPDATE turn_step SET state = ?, finished_ms = ?
            WHERE turn = ? AND state IN ('waiting', 'running')
            """,
            state,
            now,
            turn
        )
    }

    /// Ends the running steps of a turn that no later start can ask for.
    func endStepsWithoutJob(of turn: Turn.ID, at now: Timestamp) throws(StoreError) {
        try run(
            """
            UPDATE turn_step SET state = 'failed', finished_ms = ?
            WHERE turn = ? AND state = 'running' AND job IS NULL
            """,
            now,
            turn
        )
    }
}
