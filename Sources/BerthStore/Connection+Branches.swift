import BerthLoop

/// The branches of conversations, each of which is a turn and those that follow it.
extension Connection {
    /// The turn that a new one follows, or nil if there is none.
    func parent(of draft: TurnDraft) throws(StoreError) -> Turn.ID? {
        guard let session = try session(draft.session) else {
            throw .notFound(what: "conversation")
        }
        guard let beside = draft.beside else { return session.leaf }
        guard let turn = try turn(beside), turn.session == draft.session else {
            throw .notFound(what: "message")
        }
        return turn.parent
    }

    /// Makes a turn the last one of the branch that is shown, and puts its conversation on top of
    /// the list.
    func show(_ turn: Turn.ID, in session: Session.ID, at now: Timestamp) throws(StoreError) {
        try requireSession(
            run(
                """
                UPDATE session SET updated_ms = ?, leaf = ? WHERE id = ? AND deleted_ms IS NULL
                """,
                now,
                turn,
                session
            )
        )
    }

    /// Joins the turns of groups over those of a tenant, which are about to be deleted.
    func joinBranches(without tenant: Tenant.ID) throws(StoreError) {
        try run(
            """
            UPDATE turn SET parent = (
                WITH RECURSIVE up (id, tenant, parent) AS (
                    SELECT p.id, p.tenant, p.parent FROM turn AS p WHERE p.id = turn.parent
                    UNION ALL
                    SELECT p.id, p.tenant, p.parent FROM turn AS p JOIN up ON p.id = up.parent
                    WHERE up.tenant = ?1)
                SELECT coalesce(max(id), 0) FROM up WHERE tenant <> ?1)
            WHERE tenant <> ?1 AND session IN (SELECT id FROM session WHERE tenant IS NULL)
                AND parent IN (
                    SELECT id FROM turn WHERE tenant = ?1 AND session IN (
                        SELECT id FROM session WHERE tenant IS NULL))
            """,
            tenant
        )
        try run(
            """
            UPDATE session SET leaf = (
                WITH RECURSIVE up (id, tenant, parent) AS (
                    SELECT p.id, p.tenant, p.parent FROM turn AS p WHERE p.id = session.leaf
                    UNION ALL
                    SELECT p.id, p.tenant, p.parent FROM turn AS p JOIN up ON p.id = up.parent
                    WHERE up.tenant = ?1)
                SELECT coalesce(max(id), 0) FROM up WHERE tenant <> ?1)
            WHERE tenant IS NULL
            """,
            tenant
        )
    }

    func showBranch(at turn: Turn, step: TurnBranch.Step) throws(StoreError) -> Bool {
        guard var leaf = try neighbour(of: turn, step) else { return false }
        while let next = try newest(after: leaf, in: turn.session) { leaf = next }
        try run("UPDATE session SET leaf = ? WHERE id = ?", leaf, turn.session)
        return true
    }

    private func neighbour(
        of turn: Turn,
        _ step: TurnBranch.Step
    ) throws(StoreError) -> Turn.ID? {
        let parent = turn.parent?.value ?? 0
        return switch step {
        case .same: turn.id
        case .back:
            try first(
                """
                SELECT id FROM turn WHERE session = ? AND parent = ? AND id < ?
                ORDER BY id DESC LIMIT 1
                """,
                turn.session,
                parent,
                turn.id
            ) { row throws(StoreError) in row.id(0) as Turn.ID }
        case .next:
            try first(
                """
                SELECT id FROM turn WHERE session = ? AND parent = ? AND id > ?
                ORDER BY id LIMIT 1
                """,
                turn.session,
                parent,
                turn.id
            ) { row throws(StoreError) in row.id(0) as Turn.ID }
        }
    }

    private func newest(
        after turn: Turn.ID,
        in session: Session.ID
    ) throws(StoreError) -> Turn.ID? {
        try first(
            "SELECT id FROM turn WHERE session = ? AND parent = ? ORDER BY id DESC LIMIT 1",
            session,
            turn
        ) { row throws(StoreError) in row.id(0) }
    }

    /// The place of a turn among those beside it, or nil if it stands alone.
    private func branch(of turn: Turn) throws(StoreError) -> TurnBranch? {
        let branch = try first(
            """
            SELECT coalesce(sum(id <= ?), 0), count(*) FROM turn WHERE session = ? AND parent = ?
            """,
            turn.id,
            turn.session,
            turn.parent?.value ?? 0
        ) { row throws(StoreError) in TurnBranch(place: row.int(0), count: row.int(1)) }
        return branch.flatMap { $0.count > 1 ? $0 : nil }
    }

    func history(
        of session: Session.ID,
        before: String?,
        limit: Int,
        bytes: Int
    ) throws(StoreError) -> HistoryPage? {
        var next: Turn.ID?
        if let before {
            guard let turn = try turn(publicID: before), turn.session == session else { return nil }
            next = turn.parent
        } else {
            next = try self.session(session)?.leaf
        }
        var (turns, left) = ([Turn](), bytes)
        while turns.count < limit, left > 0, let id = next, var turn = try turn(id) {
            turn.branch = try branch(of: turn)
            left -= turn.text.utf8.count + turn.answer.utf8.count + turn.reasoning.utf8.count
            turns.append(turn)
            next = turn.parent
        }
        return HistoryPage(turns: turns, hasMore: next != nil)
    }

    func window(
        of session: Session,
        before: Turn.ID?,
        limits: SessionWindow.Limits
    ) throws(StoreError) -> SessionWindow {
        var window = SessionWindow(session: session)
        guard limits.exchanges > 0 else { return window }
        var (left, next) = (limits.bytes, session.leaf)
        if let before { next = try turn(before)?.parent }
        window.summary = try summary(of: session, before: next)
        window.instructions = try ownInstructions(in: session)
        let cleared = session.clearedThrough?.value ?? 0
        while let id = next, id.value > cleared, window.leftOut == nil {
            next = nil
            _ = try first(
                """
                SELECT parent, text, answer, kind = 'message' AND state IN ('done', 'stopped')
                        AND answer <> '',
                    EXISTS (SELECT 1 FROM turn_file WHERE turn_file.turn = turn.id),
                    public_id, left_out IS NOT NULL, summarized
                FROM turn WHERE id = ? AND session = ?
                """,
                id,
                session.id
            ) { (row: borrowing Row) throws(StoreError) in
                next = row.int64(0) == 0 ? nil : row.id(0)
                guard row.bool(3) else { return }
                if window.exchanges.isEmpty {
                    (window.hadLeftOut, window.hadSummary) = (row.bool(6), row.bool(7))
                }
                // The lengths first, so that no text above the limit is ever copied.
                let found = row.bool(4) ? try files(of: id) : nil
                let text = max(row.byteCount(1), found?.text?.bytes ?? 0)
                left -= text + row.byteCount(2) + SessionWindow.perExchange
                guard left >= 0, window.exchanges.count < limits.exchanges else {
                    (window.leftOut, window.leftOutRow) = (row.text(5), id)
                    return
                }
                var exchange = Exchange(turn: id, text: row.text(1), answer: row.text(2))
                exchange.publicID = row.text(5)
                exchange.inputs = (found?.inputs ?? []).filter { !$0.isDeleted }
                exchange.wholeText = found?.text.flatMap { $0.isDeleted ? nil : $0 }
                window.exchanges.append(exchange)
            }
        }
        return window
    }
}
