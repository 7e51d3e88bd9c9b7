package import BerthLoop

/// One message and its answer.
package struct Turn: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Turn>

    /// Its key.
    package let id: ID
    /// Random; what clients see.
    package let publicID: String
    /// The conversation it belongs to.
    package let session: Session.ID
    /// Who pays.
    package let tenant: Tenant.ID
    /// How it stands.
    package let state: State
    /// What was asked.
    package let text: String
    /// All of the answer, or what came of it; "" before the first word.
    package let answer: String
    /// What went wrong, in words for the author.
    package let error: String?
    /// As the provider knows it.
    package let model: String?
    /// How many times a provider was asked, or about to be.
    package let attempts: Int
    /// When it is tried again, after a failure that passes; nil: at once.
    package let due: Timestamp?
    /// Tokens of prompts.
    package let inputTokens: Int
    /// Tokens of answers.
    package let outputTokens: Int
    /// Whether the tokens are our estimate, not the provider's count.
    package let isEstimated: Bool
    /// When it was made.
    package let created: Timestamp
    /// When it ended; nil: it has not.
    package let finished: Timestamp?
}

/// How a turn ended.
package struct TurnOutcome: Equatable, Sendable {
    /// How a turn ends, for whoever listens.
    package enum End: String, Sendable {
        case done
        case stopped
        case failed
        /// The service stops: nothing more comes now, the turn goes on at the next start.
        case interrupted
        /// The service was killed: nobody knows what became of its call.
        case uncertain
    }

    /// How it ended.
    package var end: End
    /// What was answered.
    package var answer: String
    /// What went wrong, in words for the author.
    package var error: String?
    /// As the provider knows it.
    package var model: String?
    /// Tokens of prompts.
    package var inputTokens = 0
    /// Tokens of answers.
    package var outputTokens = 0
    /// Whether the tokens are our estimate, not the provider's count.
    package var isEstimated = false

    /// An end without usage; set what is known of it.
    package init(_ end: End, answer: String, error: String? = nil, model: String? = nil) {
        self.end = end
        self.answer = answer
        self.error = error
        self.model = model
    }
}

extension Turn {
    /// Reads a whole row of the table, its columns in their order.
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        publicID = row.text(1)
        session = row.id(2)
        tenant = row.id(3)
        state = try row.word(4)
        text = row.text(5)
        answer = row.text(6)
        error = row.textOrNil(7)
        model = row.textOrNil(8)
        attempts = row.int(9)
        due = row.timestampOrNil(10)
        inputTokens = row.int(11)
        outputTokens = row.int(12)
        isEstimated = row.bool(13)
        created = row.timestamp(14)
        finished = row.timestampOrNil(15)
    }
}

extension Connection {
    /// Writes a message of the tenant who pays down under a random public id; with the commit it is
    /// accepted, and may be acknowledged.
    ///
    /// - Returns: its key.
    /// - Throws: ``StoreError/notFound(what:)`` when the session is deleted,
    ///   ``StoreError/exists(what:)`` when the public id is taken.
    package func acceptTurn(
        publicID: String,
        session: Session.ID,
        tenant: Tenant.ID,
        text: String,
        model: String? = nil,
        at now: Timestamp
    ) throws(StoreError) -> Turn.ID {
        try touchSession(session, at: now)
        return try insert(
            """
            INSERT INTO turn (public_id, session, tenant, state, text, model, created_ms)
            VALUES (?, ?, ?, 'accepted', ?, ?, ?)
            """,
            publicID,
            session,
            tenant,
            text,
            model,
            now
        )
    }

    /// Whether `turn` still is the one that clients know by `publicID`.
    ///
    /// When a tenant is removed its turns' numbers are given again, to whoever writes next.
    package func isRow(_ turn: Turn.ID, of publicID: String) throws(StoreError) -> Bool {
        try first(
            "SELECT 1 FROM turn WHERE id = ? AND public_id = ?",
            turn,
            publicID
        ) { _ throws(StoreError) in true } ?? false
    }

    /// The turn that clients know by `publicID`, or nil; the caller checks whose it is.
    package func turn(publicID: String) throws(StoreError) -> Turn? {
        try first(
            "SELECT * FROM turn WHERE public_id = ?",
            publicID
        ) { row throws(StoreError) in try Turn(row) }
    }

    /// A page of a conversation's history, newest first, at most `limit` turns: those `before` the
    /// last one of the page before, or (nil) the newest.
    package func turns(
        of session: Session.ID,
        before: Turn.ID? = nil,
        limit: Int
    ) throws(StoreError) -> [Turn] {
        try all(
            "SELECT * FROM turn WHERE session = ? AND id < ? ORDER BY id DESC LIMIT ?",
            session,
            before?.value ?? .max,
            max(0, limit)
        ) { row throws(StoreError) in try Turn(row) }
    }

    /// At the start: the turns that an earlier run accepted and did not end, oldest first; at most
    /// `limit`, those `after` the last one of the page before, or (nil) from the first.
    package func acceptedTurns(
        after last: Turn.ID? = nil,
        limit: Int
    ) throws(StoreError) -> [Turn] {
        try all(
            "SELECT * FROM turn WHERE state = 'accepted' AND id > ? ORDER BY id LIMIT ?",
            last?.value ?? 0,
            limit
        ) { row throws(StoreError) in try Turn(row) }
    }
}
