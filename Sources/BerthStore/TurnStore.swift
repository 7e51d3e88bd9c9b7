package import BerthLoop

/// Verbs for turns.
///
/// A turn is one message and its answer.
///
/// A change of a turn that is gone, or in a state that does not allow it, changes nothing and
/// returns false.
package protocol TurnStore: Sendable {
    /// Writes a message down. When this returns, the message survives a power cut and may be
    /// acknowledged.
    ///
    /// - Returns: the turn's key.
    /// - Throws: ``StoreError/notFound(what:)`` if the conversation is deleted, the tenant is removed
    ///   or the turn that it begins beside is not of the conversation, ``StoreError/exists(what:)`` if the public id is taken.
    func acceptTurn(_ draft: TurnDraft, at now: Timestamp) async throws(StoreError) -> Turn.ID

    /// The turn that clients know by `publicID`. nil if there is none.
    ///
    /// The caller checks who may see it.
    func turn(publicID: String) async throws(StoreError) -> Turn?

    /// The turn with a row's key, which a part of its reply names. nil if there is none.
    ///
    /// The caller checks who may see it.
    func turn(_ id: Turn.ID) async throws(StoreError) -> Turn?

    /// A turn and its conversation, in one read. nil if there is no such turn or its conversation
    /// is deleted.
    func turnInSession(publicID: String) async throws(StoreError) -> TurnInSession?

    /// Claims accepted turns that no process works on, or whose claim has expired. Those of deleted
    /// conversations are left out.
    ///
    /// - Parameters:
    ///   - claim: the process and the end of its claim.
    ///   - after: the last turn of the page before. nil for the first page.
    ///   - limit: the most turns.
    ///   - now: claims that ended by then are void.
    /// - Returns: the turns, oldest first, with their conversations.
    /// - Throws: ``StoreError`` as every verb does.
    func claimTurns(
        _ claim: TurnClaim,
        after: Turn.ID?,
        limit: Int,
        at now: Timestamp
    ) async throws(StoreError) -> [TurnInSession]

    /// Sets the end of the claims on all open turns of the claim's process.
    ///
    /// - Returns: how many turns there are.
    @discardableResult
    func renewClaims(_ claim: TurnClaim) async throws(StoreError) -> Int

    /// Keeps what has come of an answer, in case the service ends before the answer does.
    ///
    /// - Returns: whether the turn is running.
    @discardableResult
    func savePartialAnswer(_ answer: String, of turn: Turn.ID) async throws(StoreError) -> Bool

    /// Puts a running turn back, to be tried again at `due`. Its open steps fail and their calls are
    /// released, because nothing was bought.
    ///
    /// - Returns: whether the turn was running.
    @discardableResult
    func retryTurnLater(
        _ turn: Turn.ID,
        at due: Timestamp,
        because reason: String,
        now: Timestamp
    ) async throws(StoreError) -> Bool

    /// Ends a turn, its open steps and its calls, and writes what the channel is to deliver, all in
    /// one commit.
    ///
    /// The first end stays. A turn that is interrupted has not ended. It is accepted again, without
    /// what came of it and without an outbox; a step whose provider keeps a job stays running.
    ///
    /// - Parameters:
    ///   - turn: an open turn.
    ///   - outcome: how it ended.
    ///   - settlements: the costs of its calls.
    ///   - outbox: the parts of the reply, in their order.
    ///   - now: the time of the end.
    /// - Returns: whether the turn was open. If not, nothing was changed, and the caller settles the
    ///   calls by ``LedgerStore/settle(_:at:)``.
    /// - Throws: ``StoreError`` as every verb does.
    func finishTurn(
        _ turn: Turn.ID,
        as outcome: TurnOutcome,
        settling settlements: [Settlement],
        outbox: [OutboxDraft],
        at now: Timestamp
    ) async throws(StoreError) -> Bool

    /// Makes a turn that failed or is uncertain an accepted one, as if it had just come.
    ///
    /// - Returns: whether it had failed or was uncertain.
    func retryTurn(_ turn: Turn.ID) async throws(StoreError) -> Bool

    /// Closes the open work of an earlier run of this data folder, at the start.
    ///
    /// All claims are void. A running step whose provider keeps a job is left to be taken up again,
    /// by ``StepStore/resumeStep(_:)``, and its turn is accepted again. Any other running step, its turn and its call become uncertain. Each other open call is
    /// charged at its reservation and becomes uncertain. A turn that is only accepted stays so, and
    /// a running turn whose call was released is accepted again.
    ///
    /// A turn that has asked models alone and whose open calls hold less than `limit` is accepted
    /// again instead, once. Its open calls are charged to the house at their reservations.
    ///
    /// The end of a turn that was answered is written in one commit with its settlement. A turn that
    /// is found running and whose call is settled has failed before the kill, or its author had left
    /// a call that others share. It is uncertain, and its call is not.
    ///
    /// - Parameters:
    ///   - now: the time of the ends.
    ///   - limit: millionths of a dollar; 0 for no turn.
    ///   - reply: the parts that tell the user at a place that the answer to a message is unknown,
    ///     which are written in the same commit. It gets the code of the payer's language too, or
    ///     nil if none is known.
    /// - Returns: what was closed.
    /// - Throws: ``StoreError`` as every verb does.
    func recover(
        at now: Timestamp,
        askingAgainBelow limit: Int64,
        telling reply: @escaping @Sendable (Place, String?) -> [OutboxDraft]
    ) async throws(StoreError) -> Recovery
}

extension Database: TurnStore {
    package nonisolated func acceptTurn(
        _ draft: TurnDraft,
        at now: Timestamp
    ) async throws(StoreError) -> Turn.ID {
        try await write { store throws(StoreError) in
            try store.requirePresent(draft.tenant)
            let parent = try store.parent(of: draft)
            if let title = draft.title {
                try store.run(
                    "UPDATE session SET title = ? WHERE id = ? AND title = ''",
                    title,
                    draft.session
                )
            }
            let turn: Turn.ID = try store.insert(
                """
                INSERT INTO turn (public_id, session, tenant, kind, state, text, model, owner,
                    until_ms, created_ms, parent, continues, fresh, wish, heard, left_out,
                    summarized)
                VALUES (?, ?, ?, ?, 'accepted', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                draft.publicID,
                draft.session,
                draft.tenant,
                draft.kind,
                draft.text,
                draft.model,
                draft.claim?.owner,
                draft.claim?.until,
                now,
                parent?.value ?? 0,
                draft.isContinuation,
                draft.isFresh,
                draft.wish,
                draft.heard,
                draft.leftOut,
                draft.isSummarized
            )
            try store.show(turn, in: draft.session, at: now)
            if let digest = draft.question {
                try store.note(AskedQuestion(of: draft.tenant, digest: digest), at: now)
            }
            try store.addFiles(draft.inputs, to: turn, as: .input)
            try store.addFiles(draft.wholeText.map { [$0] } ?? [], to: turn, as: .text)
            try store.finishUpdates(draft.updates, at: now)
            return turn
        }
    }

    package nonisolated func turn(publicID: String) async throws(StoreError) -> Turn? {
        try await read { store throws(StoreError) in try store.turn(publicID: publicID) }
    }

    package nonisolated func turn(_ id: Turn.ID) async throws(StoreError) -> Turn? {
        try await read { store throws(StoreError) in try store.turn(id) }
    }

    package nonisolated func turnInSession(
        publicID: String
    ) async throws(StoreError) -> TurnInSession? {
        try await read { store throws(StoreError) in
            guard let turn = try store.turn(publicID: publicID),
                let session = try store.session(turn.session)
            else { return nil }
            return TurnInSession(turn: turn, session: session)
        }
    }

    package nonisolated func claimTurns(
        _ claim: TurnClaim,
        after: Turn.ID?,
        limit: Int,
        at now: Timestamp
    ) async throws(StoreError) -> [TurnInSession] {
        try await write { store throws(StoreError) in
            try store.claimTurns(claim, after: after, limit: limit, at: now)
        }
    }

    @discardableResult
    package nonisolated func renewClaims(_ claim: TurnClaim) async throws(StoreError) -> Int {
        try await write { store throws(StoreError) in
            try store.run(
                "UPDATE turn SET until_ms = ? WHERE state = 'accepted' AND owner = ?",
                claim.until,
                claim.owner
            )
                + store.run(
                    "UPDATE turn SET until_ms = ? WHERE state = 'running' AND owner = ?",
                    claim.until,
                    claim.owner
                )
        }
    }

    @discardableResult
    package nonisolated func savePartialAnswer(
        _ answer: String,
        of turn: Turn.ID
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                "UPDATE turn SET answer = ? WHERE id = ? AND state = 'running'",
                answer,
                turn
            ) > 0
        }
    }

    @discardableResult
    package nonisolated func retryTurnLater(
        _ turn: Turn.ID,
        at due: Timestamp,
        because reason: String,
        now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            guard let state = try store.state(of: turn)?.after(.retryLater) else { return false }
            try store.releaseOpenCalls(of: turn, at: now)
            try store.endSteps(of: turn, as: .failed, at: now)
            return try store.run(
                "UPDATE turn SET state = ?, due_ms = ?, error = ?, answer = '' WHERE id = ?",
                state,
                due,
                reason,
                turn
            ) > 0
        }
    }

    package nonisolated func finishTurn(
        _ turn: Turn.ID,
        as outcome: TurnOutcome,
        settling settlements: [Settlement],
        outbox: [OutboxDraft],
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.finishTurn(turn, as: outcome, settling: settlements, outbox: outbox, at: now)
        }
    }

    package nonisolated func retryTurn(_ turn: Turn.ID) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            guard let state = try store.state(of: turn)?.after(.retry) else { return false }
            try store.removePictures(of: turn)
            try store.forgetLostText(of: turn)
            return try store.run(
                """
                UPDATE turn SET state = ?, attempts = 0, due_ms = NULL, answer = '', error = NULL,
                    why = NULL, finished_ms = NULL, ending = NULL, reasoning = '', sources = ''
                WHERE id = ?
                """,
                state,
                turn
            ) > 0
        }
    }

    package nonisolated func recover(
        at now: Timestamp,
        askingAgainBelow limit: Int64,
        telling reply: @escaping @Sendable (Place, String?) -> [OutboxDraft]
    ) async throws(StoreError) -> Recovery {
        try await write { store throws(StoreError) in
            try store.recover(at: now, askingAgainBelow: limit, telling: reply)
        }
    }
}
