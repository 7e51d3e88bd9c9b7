package import BerthLoop

/// Verbs for conversations as a collection: reading one from its beginning, holding a deletion, and
/// sharing by a link.
package protocol LibraryStore: Sendable {
    /// The ended turns of a branch of a conversation in their order.
    ///
    /// - Parameters:
    ///   - session: the conversation.
    ///   - after: the last turn that was read, or nil for the beginning.
    ///   - last: the last turn of the branch. nil for the branch that is shown.
    ///   - limit: the most turns.
    ///   - bytes: no further turn is added after this many bytes of texts and answers.
    /// - Returns: none at the end.
    /// - Throws: ``StoreError`` as every verb does.
    func turns(
        of session: Session.ID,
        after: Turn.ID?,
        through last: Turn.ID?,
        limit: Int,
        bytes: Int
    ) async throws(StoreError) -> [Turn]

    /// Takes a conversation out of every list, and deletes it at `due`.
    ///
    /// ``UpkeepStore/purge(at:)`` deletes the rows of those that are due.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    func holdSession(_ session: Session.ID, until due: Timestamp) async throws(StoreError)

    /// Restores a conversation that is held and not due yet.
    ///
    /// - Returns: whether the tenant has such a conversation.
    func restoreSession(
        publicID: String,
        of tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> Bool

    /// Shares what was said in the branch of a conversation that is shown, so far.
    ///
    /// A conversation has one link. If it is shared already, its name stays, and it shows what has
    /// been said since.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    func share(
        _ session: Session.ID,
        as name: String,
        at now: Timestamp
    ) async throws(StoreError) -> Share

    /// The links to a tenant's conversations, the newest first.
    func shares(of tenant: Tenant.ID) async throws(StoreError) -> [Share]

    /// Ends the link to a conversation, if there is one.
    func endShare(of session: Session.ID) async throws(StoreError)

    /// The conversation that a link shows. nil if there is no such link.
    func shared(_ name: String) async throws(StoreError) -> SharedSession?

    /// Whether a file belongs to what a link shows, as a picture or as its thumbnail.
    func shows(_ shared: SharedSession, file: String) async throws(StoreError) -> Bool
}

extension Database: LibraryStore {
    package nonisolated func turns(
        of session: Session.ID,
        after: Turn.ID?,
        through last: Turn.ID?,
        limit: Int,
        bytes: Int
    ) async throws(StoreError) -> [Turn] {
        try await read { store throws(StoreError) in
            var (turns, left) = ([Turn](), bytes)
            try store.forEach(
                """
                WITH RECURSIVE path (id, parent) AS (
                    SELECT id, parent FROM turn WHERE session = ?1
                        AND id = coalesce(?2, (SELECT leaf FROM session WHERE id = ?1))
                    UNION ALL
                    SELECT turn.id, turn.parent FROM turn JOIN path ON turn.id = path.parent)
                SELECT id, public_id, session, tenant, kind, state, text, answer, error, model,
                    attempts, due_ms, input_tokens, output_tokens, estimated, created_ms,
                    finished_ms, ending, reasoning, sources,
                    EXISTS (SELECT 1 FROM turn_file WHERE turn_file.turn = turn.id),
                    parent, continues, fresh, wish, cached, micros, heard, left_out,
                    summarized
                FROM turn WHERE id IN (SELECT id FROM path WHERE id > ?3)
                    AND finished_ms IS NOT NULL
                ORDER BY id LIMIT ?4
                """,
                session,
                last,
                after?.value ?? 0,
                limit
            ) { row throws(StoreError) in
                let turn = try store.turn(row)
                left -= turn.text.utf8.count + turn.answer.utf8.count + turn.reasoning.utf8.count
                turns.append(turn)
                return left > 0
            }
            return turns
        }
    }

    package nonisolated func holdSession(
        _ session: Session.ID,
        until due: Timestamp
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.requireSession(
                store.run(
                    "UPDATE session SET deleted_ms = ? WHERE id = ? AND deleted_ms IS NULL",
                    due,
                    session
                )
            )
        }
    }

    package nonisolated func restoreSession(
        publicID: String,
        of tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE session SET deleted_ms = NULL
                WHERE public_id = ? AND tenant = ? AND deleted_ms > ?
                """,
                publicID,
                tenant,
                now
            ) > 0
        }
    }

    package nonisolated func share(
        _ session: Session.ID,
        as name: String,
        at now: Timestamp
    ) async throws(StoreError) -> Share {
        try await write { store throws(StoreError) in
            guard try store.session(session) != nil else { throw .notFound(what: "conversation") }
            try store.run(
                """
                INSERT INTO share (name, session, last_turn, created_ms)
                VALUES (?1, ?2, coalesce((
                    SELECT CASE WHEN finished_ms IS NULL THEN parent ELSE id END FROM turn
                    WHERE id = (SELECT leaf FROM session WHERE id = ?2)), 0), ?3)
                ON CONFLICT (session) DO UPDATE SET last_turn = excluded.last_turn
                """,
                name,
                session,
                now
            )
            let share = try store.first(
                """
                SELECT share.name, session.public_id, session.title, share.created_ms
                FROM share JOIN session ON session.id = share.session WHERE session.id = ?
                """,
                session
            ) { row throws(StoreError) in Share(row) }
            guard let share else { throw .notFound(what: "conversation") }
            return share
        }
    }

    package nonisolated func shares(of tenant: Tenant.ID) async throws(StoreError) -> [Share] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT share.name, session.public_id, session.title, share.created_ms
                FROM session JOIN share ON share.session = session.id
                WHERE session.tenant = ? AND session.deleted_ms IS NULL
                ORDER BY share.created_ms DESC, session.id DESC
                """,
                tenant
            ) { row throws(StoreError) in Share(row) }
        }
    }

    package nonisolated func endShare(of session: Session.ID) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.run("DELETE FROM share WHERE session = ?", session)
            store.hasPurged = true
        }
    }

    package nonisolated func shared(
        _ name: String
    ) async throws(StoreError) -> SharedSession? {
        try await read { store throws(StoreError) in
            let row: (session: Session.ID, last: Turn.ID)? = try store.first(
                "SELECT session, last_turn FROM share WHERE name = ?",
                name
            ) { row throws(StoreError) in (row.id(0), row.id(1)) }
            guard let row, let session = try store.session(row.session),
                let owner = session.tenant
            else { return nil }
            return SharedSession(session: session, lastTurn: row.last, owner: owner)
        }
    }

    package nonisolated func shows(
        _ shared: SharedSession,
        file: String
    ) async throws(StoreError) -> Bool {
        try await read { store throws(StoreError) in
            try store.first(
                """
                WITH RECURSIVE path (id, parent) AS (
                    SELECT id, parent FROM turn WHERE session = ?1 AND id = ?2
                    UNION ALL
                    SELECT turn.id, turn.parent FROM turn JOIN path ON turn.id = path.parent)
                SELECT 1 FROM path JOIN turn ON turn.id = path.id
                    JOIN turn_file ON turn_file.turn = turn.id
                WHERE turn.finished_ms IS NOT NULL AND (turn_file.file = ?3 OR turn_file.thumbnail = ?3) LIMIT 1
                """,
                shared.session.id,
                shared.lastTurn,
                file
            ) { _ throws(StoreError) in true } ?? false
        }
    }
}

extension Share {
    /// Reads the columns that ``Database`` selects for a link.
    init(_ row: borrowing Row) {
        name = row.text(0)
        session = row.text(1)
        title = row.text(2)
        created = row.timestamp(3)
    }
}
