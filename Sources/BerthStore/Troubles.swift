package import BerthLoop

/// Something that went wrong and may need a person: what an operator is shown of it, so never what
/// was said.
package struct Trouble: Equatable, Sendable {
    /// What went wrong.
    package enum Subject: Equatable, Sendable {
        /// A turn, by the name that clients know.
        case turn(String)
        /// A call of the API, which nobody can make again: its client is gone.
        case call(Call.ID)
    }

    /// Which one it is.
    package let subject: Subject
    /// Who pays; the tenant may have been removed.
    package let tenant: Tenant.ID
    /// `failed` or `uncertain`; a call is never `failed`.
    package let state: Turn.State
    /// Why, in words for its author; nil where they are not written down.
    package let reason: String?
    /// Who was asked, as `provider/model`.
    package let model: String?
    /// How many times a provider was asked, or about to be.
    package let attempts: Int
    /// When it ended.
    package let ended: Timestamp

    fileprivate init(_ row: borrowing Row) throws(StoreError) {
        let name = row.textOrNil(0)
        subject = if let name { .turn(name) } else { .call(row.id(1)) }
        tenant = row.id(2)
        state = try row.word(3)
        reason = row.textOrNil(4)
        model = row.textOrNil(5)
        attempts = row.int(6)
        ended = row.timestamp(7)
    }
}

extension Connection {
    /// The turns that failed or are uncertain, and the uncertain calls of the API, that ended at
    /// `start` or later: newest first, at most `limit`.
    package func troubles(since start: Timestamp, limit: Int) throws(StoreError) -> [Trouble] {
        try all(
            """
            SELECT public_id, id, tenant, state, error, model, attempts, finished_ms AS ended
            FROM turn WHERE state IN ('failed', 'uncertain') AND finished_ms >= ?
            UNION ALL
            SELECT NULL, id, tenant, state, NULL, provider || '/' || model, 1, settled_ms
            FROM call WHERE state = 'uncertain' AND turn IS NULL AND settled_ms >= ?
            ORDER BY ended DESC, id DESC LIMIT ?
            """,
            start,
            start,
            max(0, limit)
        ) { row throws(StoreError) in try Trouble(row) }
    }

    /// How many turns have failed at `start` or later.
    package func failedTurns(since start: Timestamp) throws(StoreError) -> Int {
        try first(
            "SELECT count(*) FROM turn WHERE state = 'failed' AND finished_ms >= ?",
            start
        ) { row throws(StoreError) in row.int(0) } ?? 0
    }

    /// How many calls are uncertain since `start`: those of turns and those of the API.
    package func uncertainCalls(since start: Timestamp) throws(StoreError) -> Int {
        try first(
            "SELECT count(*) FROM call WHERE state = 'uncertain' AND settled_ms >= ?",
            start
        ) { row throws(StoreError) in row.int(0) } ?? 0
    }
}
