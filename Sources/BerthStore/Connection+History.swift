import BerthLoop

extension Connection {
    func window(
        of session: Session,
        before: Turn.ID?,
        limits: SessionWindow.Limits
    ) throws(StoreError) -> [Exchange] {
        var window: [Exchange] = []
        var left = limits.bytes
        try forEach(
            """
            SELECT id, text, answer,
                EXISTS (SELECT 1 FROM turn_file WHERE turn_file.turn = turn.id)
            FROM turn
            WHERE session = ? AND id < ? AND id > ? AND kind = 'message'
                AND state IN ('done', 'stopped') AND answer <> ''
            ORDER BY id DESC LIMIT ?
            """,
            session.id,
            before?.value ?? .max,
            session.clearedThrough?.value ?? 0,
            max(0, limits.exchanges)
        ) { row throws(StoreError) in
            // The lengths first, so that no text above the limit is ever copied.
            left -= row.byteCount(1) + row.byteCount(2)
            guard left >= 0 else { return false }
            var exchange = Exchange(turn: row.id(0), text: row.text(1), answer: row.text(2))
            if row.bool(3) {
                exchange.inputs = try files(of: exchange.turn).inputs.filter { !$0.isDeleted }
            }
            window.append(exchange)
            return true
        }
        return window
    }

    func history(
        of session: Session.ID,
        before: String?,
        limit: Int,
        bytes: Int
    ) throws(StoreError) -> HistoryPage? {
        var last = Int64.max
        if let before {
            guard let turn = try turn(publicID: before), turn.session == session else { return nil }
            last = turn.id.value
        }
        var (turns, left, hasMore) = ([Turn](), bytes, false)
        try forEach(
            """
            SELECT id, public_id, session, tenant, kind, state, text, answer, error, model,
                attempts, due_ms, input_tokens, output_tokens, estimated, created_ms, finished_ms,
                ending, reasoning, sources,
                EXISTS (SELECT 1 FROM turn_file WHERE turn_file.turn = turn.id)
            FROM turn WHERE session = ? AND id < ? ORDER BY id DESC
            """,
            session,
            last
        ) { row throws(StoreError) in
            // One row more than the page, to learn whether there is a further page.
            guard turns.count < limit, left > 0 else {
                hasMore = true
                return false
            }
            let turn = try turn(row)
            left -= turn.text.utf8.count + turn.answer.utf8.count + turn.reasoning.utf8.count
            turns.append(turn)
            return true
        }
        return HistoryPage(turns: turns, hasMore: hasMore)
    }
}
