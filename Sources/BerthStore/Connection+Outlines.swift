import BerthLoop
import BerthText

/// Titles and summaries that models write.
///
/// A row without words is under way, or its call was charged and gave none.
extension Connection {
    /// The most exchanges that are read to find out what is to be summarized.
    static let mostUnsummarized = 2_000
    /// The most bytes of exchanges that are read to find out what is to be summarized.
    static let mostUnsummarizedBytes = 3 << 20
    /// The summaries of one conversation that are kept, the newest ones.
    static let mostSummaries = 8

    // MARK: Writing

    /// Records that a call writes an outline.
    ///
    /// - Throws: ``StoreError/notFound(what:)`` if the conversation is deleted, and
    ///   ``StoreError/exists(what:)`` if the outline was bought before, except for a summary whose call
    ///   gave no words.
    func outline(_ target: OutlineTarget, by call: Call.ID) throws(StoreError) {
        guard try session(target.session) != nil else { throw .notFound(what: "conversation") }
        let isRecorded =
            try run(
                """
                INSERT INTO outline (session, kind, turn, call) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET call = excluded.call
                WHERE outline.kind = 'summary' AND outline.text IS NULL AND NOT EXISTS (
                    SELECT 1 FROM call WHERE call.id = outline.call AND call.state = 'reserved')
                """,
                target.session,
                target.kind,
                target.turn?.value ?? 0,
                call
            ) > 0
        guard isRecorded else { throw .exists(what: "outline") }
    }

    /// Writes the words of an outline whose call is settled.
    func finishOutline(
        _ target: OutlineTarget,
        _ text: String,
        of call: Call.ID
    ) throws(StoreError) {
        let isWanted =
            try run(
                """
                UPDATE outline SET text = ?
                WHERE session = ? AND kind = ? AND turn = ? AND call = ?
                """,
                target.kind == .title ? "" : text,
                target.session,
                target.kind,
                target.turn?.value ?? 0,
                call
            ) > 0
        guard isWanted else { return }
        switch target.kind {
        case .title:
            try run(
                """
                UPDATE session SET title = ? WHERE id = ? AND title = ? AND deleted_ms IS NULL
                """,
                text,
                target.session,
                target.replaced
            )
        case .summary:
            let old = try run(
                """
                DELETE FROM outline WHERE session = ?1 AND kind = 'summary' AND turn NOT IN (
                    SELECT turn FROM outline WHERE session = ?1 AND kind = 'summary'
                    ORDER BY turn DESC LIMIT ?2)
                """,
                target.session,
                Connection.mostSummaries
            )
            if old > 0 { hasPurged = true }
        }
    }

    /// Forgets the outline of a call that bought nothing, so that it can be asked for again.
    func dropOutline(of call: Call.ID) throws(StoreError) {
        try run("DELETE FROM outline WHERE call = ? AND text IS NULL", call)
    }

    /// Whether an outline is asked for again after a kill has left its call open.
    ///
    /// It is if the call holds less than `limit` millionths of a dollar. Otherwise it counts as one
    /// that was charged and gave no words.
    func mayOutlineAgain(_ call: Call.ID, below limit: Int64) throws(StoreError) -> Bool {
        try run(
            """
            DELETE FROM outline WHERE call = ?1 AND text IS NULL
                AND (SELECT reserved_micros FROM call WHERE id = ?1) < ?2
            """,
            call,
            limit
        ) > 0
    }

    // MARK: Reading

    /// The newest summary of the branch that ends with `last`, since the window was cleared.
    func summary(of session: Session, before last: Turn.ID?) throws(StoreError) -> Summary? {
        guard let last else { return nil }
        return try first(
            """
            WITH RECURSIVE up (id, parent) AS (
                SELECT id, parent FROM turn WHERE id = ?2
                UNION ALL
                SELECT turn.id, turn.parent FROM turn JOIN up ON turn.id = up.parent
                WHERE up.id > (SELECT min(turn) FROM outline
                    WHERE session = ?1 AND kind = 'summary')
                LIMIT 10000)
            SELECT turn, text FROM outline
            WHERE session = ?1 AND kind = 'summary' AND text IS NOT NULL AND turn > ?3
                AND turn IN (SELECT id FROM up)
            ORDER BY turn DESC LIMIT 1
            """,
            session.id,
            last,
            session.clearedThrough?.value ?? 0
        ) { row throws(StoreError) in Summary(through: row.id(0), text: row.text(1)) }
    }

    func summaryWork(
        of session: Session,
        within limits: SummaryWork.Limits
    ) throws(StoreError) -> SummaryWork? {
        // The words of a call under way are not here yet.
        let isUnderWay =
            try first(
                """
                SELECT 1 FROM outline JOIN call ON call.id = outline.call
                WHERE session = ? AND kind = 'summary' AND call.state = 'reserved' LIMIT 1
                """,
                session.id
            ) { row throws(StoreError) in row.int(0) } != nil
        guard !isUnderWay else { return nil }
        let before = try summary(of: session, before: session.leaf)
        let tried = try all(
            "SELECT turn FROM outline WHERE session = ? AND kind = 'summary' AND text IS NULL",
            session.id
        ) { row throws(StoreError) in row.int64(0) }
        // Newest first.
        var (open, bytes) = ([(id: Turn.ID, bytes: Int)](), 0)
        let end = max(before?.through.value ?? 0, session.clearedThrough?.value ?? 0)
        var next = session.leaf
        while let id = next, id.value > end, open.count < Connection.mostUnsummarized,
            bytes < Connection.mostUnsummarizedBytes
        {
            // Little was said since an attempt that was paid in vain.
            if tried.contains(id.value), 4 * bytes <= 3 * limits.room { return nil }
            next = try exchange(id, of: session.id) { size in
                guard size > 0 else { return }
                open.append((id, size))
                bytes += size
            }
        }
        guard 4 * bytes > 3 * limits.room else { return nil }
        var newest = 0
        let kept = open.prefix { exchange in
            newest += exchange.bytes
            return 2 * newest <= limits.room
        }
        return try summaryWork(
            of: session,
            before,
            open.dropFirst(kept.count).reversed().map { $0 },
            within: limits
        )
    }

    /// Tells the size of an exchange that prompts repeat, or 0 if they do not repeat the turn.
    ///
    /// - Returns: the turn before it.
    private func exchange(
        _ turn: Turn.ID,
        of session: Session.ID,
        _ body: (Int) -> Void
    ) throws(StoreError) -> Turn.ID? {
        try first(
            """
            SELECT parent, text, answer, kind = 'message' AND state IN ('done', 'stopped')
                    AND answer <> ''
            FROM turn WHERE id = ? AND session = ?
            """,
            turn,
            session
        ) { (row: borrowing Row) throws(StoreError) in
            let size = row.byteCount(1) + row.byteCount(2) + SessionWindow.perExchange
            body(row.bool(3) ? size : 0)
            return row.int64(0) == 0 ? nil : row.id(0)
        } ?? nil
    }

    /// Reads as many exchanges, from the oldest on, as one summary adds.
    private func summaryWork(
        of session: Session,
        _ before: Summary?,
        _ open: [(id: Turn.ID, bytes: Int)],
        within limits: SummaryWork.Limits
    ) throws(StoreError) -> SummaryWork? {
        let most = limits.part / 3
        var (left, exchanges) = (limits.part, [Exchange]())
        for (id, bytes) in open {
            left -= min(bytes, 2 * most + SessionWindow.perExchange)
            guard left >= 0 || exchanges.isEmpty else { break }
            let exchange = try first(
                """
                SELECT substr(CAST(text AS BLOB), 1, ?2), substr(CAST(answer AS BLOB), 1, ?2)
                FROM turn WHERE id = ?1
                """,
                id,
                most + 3
            ) { row throws(StoreError) in
                // The character that the bound divides is read whole, and cut.
                let (text, answer) = (
                    String(decoding: row.bytes(0), as: UTF8.self).cut(toBytes: most),
                    String(decoding: row.bytes(1), as: UTF8.self).cut(toBytes: most)
                )
                return Exchange(turn: id, text: text, answer: answer)
            }
            if let exchange { exchanges.append(exchange) }
        }
        guard let last = exchanges.last else { return nil }
        return SummaryWork(
            session: session,
            before: before?.text,
            exchanges: exchanges,
            through: last.turn
        )
    }
}
