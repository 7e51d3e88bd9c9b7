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
}
