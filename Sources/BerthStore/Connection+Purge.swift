import BerthLoop

/// Deletions that leave no word behind, in bounded steps.
///
/// `secure_delete` overwrites deleted rows with zeros. The write-ahead log keeps older copies of
/// their pages until ``Connection/emptyLog()``.
extension Connection {
    /// The most turns that one step deletes.
    ///
    /// Each may have a message of 32 KiB and an answer of 1 MiB, and all other writes wait.
    static let purgedAtOnce = 32
    /// The most conversations and keys without turns that one step deletes.
    private static let rowsAtOnce = 256

    /// Takes a conversation out of every list, and deletes as much of it as one step may.
    func discardSession(_ session: Session, at now: Timestamp) throws(StoreError) {
        try run(
            "UPDATE session SET deleted_ms = ?, title = '', instructions = '' WHERE id = ?",
            now,
            session.id
        )
        try run("DELETE FROM outline WHERE session = ?", session.id)
        let place = session.place
        if !place.chat.isEmpty {
            try run(
                """
                DELETE FROM outbox WHERE state = 'waiting' AND channel = ? AND chat = ?
                    AND topic = ?
                """,
                place.channel,
                place.chat,
                place.topic
            )
        }
        hasPurged = true
        let turns = try run(
            "DELETE FROM turn WHERE id IN (SELECT id FROM turn WHERE session = ? LIMIT ?)",
            session.id,
            Connection.purgedAtOnce
        )
        guard turns < Connection.purgedAtOnce else { return }
        try run("DELETE FROM session WHERE id = ?", session.id)
    }

    /// Deletes some of the turns of deleted conversations, the conversations that have none left,
    /// expired keys, old questions and the numbers of old updates.
    ///
    /// - Returns: whether there may be more.
    func purge(at now: Timestamp) throws(StoreError) -> Bool {
        let turns = try run(
            """
            DELETE FROM turn WHERE id IN (
                SELECT turn.id FROM session JOIN turn ON turn.session = session.id
                WHERE session.deleted_ms IS NOT NULL AND session.deleted_ms <= ? LIMIT ?)
            """,
            now,
            Connection.purgedAtOnce
        )
        let sessions = try run(
            """
            DELETE FROM session WHERE id IN (
                SELECT id FROM session WHERE deleted_ms IS NOT NULL AND deleted_ms <= ?
                    AND NOT EXISTS (SELECT 1 FROM turn WHERE turn.session = session.id) LIMIT ?)
            """,
            now,
            Connection.rowsAtOnce
        )
        let keys = try run(
            """
            DELETE FROM idempotency WHERE id IN (
                SELECT id FROM idempotency WHERE created_ms <= ? LIMIT ?)
            """,
            now + (.zero - IdempotencyKey.lifetime),
            Connection.rowsAtOnce
        )
        let updates = try purgeUpdates(limit: Connection.rowsAtOnce, at: now)
        let questions = try forgetQuestions(limit: Connection.rowsAtOnce, at: now)
        if turns + sessions + keys + questions > 0 { hasPurged = true }
        return turns == Connection.purgedAtOnce
            || [sessions, keys, questions, updates].contains(Connection.rowsAtOnce)
    }

    /// Moves the whole log into the database file and empties it, if rows were deleted since.
    ///
    /// - Throws: ``StoreError``, at once if another program reads the database.
    func emptyLog() throws(StoreError) {
        guard hasPurged else { return }
        try withoutWaiting { () throws(StoreError) in try checkpoint() }
        hasPurged = false
    }
}
