package import BerthLoop

/// Verbs for the steps of turns.
///
/// ``LedgerStore/startCall(_:at:)`` begins a step that costs money.
package protocol StepStore: Sendable {
    /// Adds a waiting step to an open turn.
    ///
    /// - Returns: its key. nil if the turn is gone or has ended, and nothing was changed.
    func addStep(
        _ draft: StepDraft,
        to turn: Turn.ID,
        at now: Timestamp
    ) async throws(StoreError) -> TurnStep.ID?

    /// Begins a waiting step that costs nothing, such as a tool of our own.
    ///
    /// The turn is running from then on, if it was accepted.
    ///
    /// - Returns: false if the step is not waiting or its turn is not open, and nothing was changed.
    func startStep(_ step: TurnStep.ID, of turn: Turn.ID) async throws(StoreError) -> Bool

    /// Keeps the provider's id of a running step's job, by which a later start asks for its result.
    ///
    /// - Returns: false if the step is not running, and nothing was changed.
    func keepJob(_ job: String, of step: TurnStep.ID) async throws(StoreError) -> Bool

    /// Keeps the provider's id of the job that a call has begun: in the call's running step, or in
    /// the call itself if it has none.
    ///
    /// - Parameters:
    ///   - job: the job in its provider's encoding.
    ///   - call: the call.
    ///   - name: the name under which its pictures are found again (``PictureCacheStore``), or nil.
    /// - Returns: false if the call has ended, and nothing was changed.
    /// - Throws: ``StoreError``.
    @discardableResult
    func keepJob(
        _ job: String,
        of call: Call.ID,
        as name: [UInt8]?
    ) async throws(StoreError) -> Bool

    /// Takes a running step up again after a start, whose provider keeps its job.
    ///
    /// Its turn is running from then on, if it was accepted.
    ///
    /// - Returns: false if the step is not running or its turn is not open, and nothing was changed.
    func resumeStep(_ step: TurnStep.ID) async throws(StoreError) -> Bool

    /// Ends a step of an open turn, settles its calls and adds the steps that follow.
    ///
    /// - Returns: false if the step has ended or its turn is not open, and nothing was changed. The
    ///   caller then settles the calls by ``LedgerStore/settle(_:at:)``.
    func finishStep(
        _ step: TurnStep.ID,
        as outcome: StepOutcome,
        at now: Timestamp
    ) async throws(StoreError) -> Bool

    /// The steps of a turn, in their order.
    func steps(of turn: Turn.ID) async throws(StoreError) -> [TurnStep]

    /// The running steps whose job a provider keeps, oldest first, at most `limit`: those `after`
    /// the last one of the page before, or from the first if that is nil.
    func stepsWithJob(
        after last: TurnStep.ID?,
        limit: Int
    ) async throws(StoreError) -> [TurnStep]
}

extension Database: StepStore {
    package nonisolated func addStep(
        _ draft: StepDraft,
        to turn: Turn.ID,
        at now: Timestamp
    ) async throws(StoreError) -> TurnStep.ID? {
        try await write { store throws(StoreError) in
            guard let state = try store.state(of: turn), state.isOpen else { return nil }
            return try store.addStep(draft, to: turn, at: now)
        }
    }

    package nonisolated func startStep(
        _ step: TurnStep.ID,
        of turn: Turn.ID
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            guard let state = try store.state(of: turn), state.isOpen,
                try store.startStep(step, of: turn)
            else { return false }
            try store.startTurn(turn)
            return true
        }
    }

    package nonisolated func keepJob(
        _ job: String,
        of step: TurnStep.ID
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                "UPDATE turn_step SET job = ? WHERE id = ? AND state = 'running'",
                job,
                step
            ) > 0
        }
    }

    @discardableResult
    package nonisolated func keepJob(
        _ job: String,
        of call: Call.ID,
        as name: [UInt8]?
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            let isOfStep =
                try store.run(
                    """
                    UPDATE turn_step SET job = ?
                    WHERE id = (SELECT step FROM call WHERE id = ?) AND state = 'running'
                    """,
                    job,
                    call
                ) > 0
            if isOfStep { return true }
            return try store.run(
                "UPDATE call SET job = ?, pictures_name = ? WHERE id = ? AND state = 'reserved'",
                job,
                name,
                call
            ) > 0
        }
    }

    package nonisolated func resumeStep(_ step: TurnStep.ID) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            let turn = try store.first(
                "SELECT turn FROM turn_step WHERE id = ? AND state = 'running'",
                step
            ) { row throws(StoreError) in row.id(0) as Turn.ID }
            guard let turn, try store.state(of: turn)?.isOpen == true else { return false }
            try store.startTurn(turn)
            return true
        }
    }

    package nonisolated func finishStep(
        _ step: TurnStep.ID,
        as outcome: StepOutcome,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            let turn = try store.first(
                "SELECT turn FROM turn_step WHERE id = ? AND state IN ('waiting', 'running')",
                step
            ) { row throws(StoreError) in row.id(0) as Turn.ID }
            guard let turn, try store.state(of: turn)?.isOpen == true else { return false }
            try store.run(
                """
                UPDATE turn_step SET state = ?, detail = coalesce(?, detail), finished_ms = ?
                WHERE id = ?
                """,
                outcome.isDone ? TurnStep.State.done : .failed,
                outcome.detail,
                now,
                step
            )
            for settlement in outcome.settling { _ = try store.settle(settlement, at: now) }
            for draft in outcome.next { _ = try store.addStep(draft, to: turn, at: now) }
            return true
        }
    }

    package nonisolated func steps(of turn: Turn.ID) async throws(StoreError) -> [TurnStep] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, turn, ordinal, kind, state, call, job, detail, created_ms, finished_ms
                FROM turn_step WHERE turn = ? ORDER BY ordinal
                """,
                turn
            ) { row throws(StoreError) in try TurnStep(row) }
        }
    }

    package nonisolated func stepsWithJob(
        after last: TurnStep.ID?,
        limit: Int
    ) async throws(StoreError) -> [TurnStep] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, turn, ordinal, kind, state, call, job, detail, created_ms, finished_ms
                FROM turn_step WHERE state = 'running' AND job IS NOT NULL AND id > ?
                ORDER BY id LIMIT ?
                """,
                last?.value ?? 0,
                max(0, limit)
            ) { row throws(StoreError) in try TurnStep(row) }
        }
    }
}
