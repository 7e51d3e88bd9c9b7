package import BerthLoop

/// Every change of a turn's state, each as the table of ``Turn/State`` has it.
extension Connection {
    /// A provider is about to be asked: on the disk before it is.
    ///
    /// - Returns: whether the turn was accepted; if not, nothing was changed.
    @discardableResult
    package func startTurn(_ turn: Turn.ID) throws(StoreError) -> Bool {
        guard let state = try state(of: turn, after: .start) else { return false }
        return try run(
            "UPDATE turn SET state = ?, attempts = attempts + 1, due_ms = NULL WHERE id = ?",
            state,
            turn
        ) > 0
    }

    /// Its call failed and bought nothing: it is tried again at `due`.
    ///
    /// - Returns: whether the turn was running; if not, nothing was changed.
    @discardableResult
    package func retryTurnLater(
        _ turn: Turn.ID,
        at due: Timestamp,
        because reason: String
    ) throws(StoreError) -> Bool {
        guard let state = try state(of: turn, after: .retryLater) else { return false }
        return try run(
            "UPDATE turn SET state = ?, due_ms = ?, error = ?, answer = '' WHERE id = ?",
            state,
            due,
            reason,
            turn
        ) > 0
    }

    /// Keeps what has come of an answer, in case that the service ends before the answer does.
    ///
    /// - Returns: whether the turn was running; if not, nothing was changed.
    @discardableResult
    package func savePartialAnswer(
        _ answer: String,
        of turn: Turn.ID
    ) throws(StoreError) -> Bool {
        try run("UPDATE turn SET answer = ? WHERE id = ? AND state = 'running'", answer, turn) > 0
    }

    /// Ends a turn, once: the first end stays.
    ///
    /// One that is interrupted has not ended: it is accepted again, without what came of it.
    ///
    /// - Returns: whether the turn was open; if not, nothing was changed.
    @discardableResult
    package func finishTurn(
        _ turn: Turn.ID,
        as outcome: TurnOutcome,
        at now: Timestamp
    ) throws(StoreError) -> Bool {
        guard let event = outcome.end.event, let state = try state(of: turn, after: event)
        else { return false }
        let hasEnded = !state.isOpen
        return try run(
            """
            UPDATE turn SET state = ?, answer = ?, error = ?, model = coalesce(?, model),
                input_tokens = ?, output_tokens = ?, estimated = ?, finished_ms = ?
            WHERE id = ?
            """,
            state,
            hasEnded ? outcome.answer : "",
            outcome.error,
            outcome.model,
            outcome.inputTokens,
            outcome.outputTokens,
            outcome.isEstimated,
            hasEnded ? now : nil,
            turn
        ) > 0
    }

    /// At the start: what an earlier run had asked a provider for and not written the end of.
    ///
    /// Each keeps what it had of an answer. Turns that were only accepted stay so, to go on.
    ///
    /// - Returns: how many there were.
    package func loseRunningTurns(at now: Timestamp) throws(StoreError) -> Int {
        guard let lost = Turn.State.running.after(.lose) else { return 0 }
        return try run(
            "UPDATE turn SET state = ?, finished_ms = ? WHERE state = ?",
            lost,
            now,
            Turn.State.running
        )
    }

    /// A person wants it again: from here on it waits as if it had just come.
    ///
    /// - Returns: whether it had failed or was uncertain; if not, nothing was changed.
    package func retryTurn(_ turn: Turn.ID) throws(StoreError) -> Bool {
        guard let state = try state(of: turn, after: .retry) else { return false }
        return try run(
            """
            UPDATE turn SET state = ?, attempts = 0, due_ms = NULL, answer = '', error = NULL,
                finished_ms = NULL
            WHERE id = ?
            """,
            state,
            turn
        ) > 0
    }

    private func state(
        of turn: Turn.ID,
        after event: Turn.Event
    ) throws(StoreError) -> Turn.State? {
        try first("SELECT state FROM turn WHERE id = ?", turn) { row throws(StoreError) in
            try row.word(0) as Turn.State
        }?.after(event)
    }
}

extension TurnOutcome.End {
    /// What happens to the turn; nil for what only a start finds.
    fileprivate var event: Turn.Event? {
        switch self {
        case .done: .finish
        case .stopped: .stop
        case .failed: .giveUp
        case .interrupted: .interrupt
        case .uncertain: nil
        }
    }
}
