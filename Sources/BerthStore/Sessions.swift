package import BerthLoop

/// One conversation, at one place of a channel.
package struct Session: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Session>

    /// Its key.
    package let id: ID
    /// Random; what clients see.
    package let publicID: String
    /// Where it takes place.
    package let channel: Channel
    /// The channel's own name for the place, as a Telegram chat and topic; "" where it has none.
    package let place: String
    /// The owner on the web and in the terminal; nil for a group, where each turn names its payer.
    package let tenant: Tenant.ID?
    /// What people call it; "" for a new one.
    package let title: String
    /// The model chosen for this conversation, or nil for the configuration's list.
    package let model: String?
    /// When it was made.
    package let created: Timestamp
    /// When something was last said.
    package let updated: Timestamp
    /// Turns up to this one are not part of the prompt any more; nil: all are.
    package let clearedThrough: Turn.ID?
}

extension Session {
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        publicID = row.text(1)
        channel = try row.word(2)
        place = row.text(3)
        tenant = row.idOrNil(4)
        title = row.text(5)
        model = row.textOrNil(6)
        created = row.timestamp(7)
        updated = row.timestamp(8)
        clearedThrough = row.int64(9) == 0 ? nil : row.id(9)
    }
}

extension Connection {
    /// Begins a conversation under a random public id, of an owner or (nil) of a group.
    ///
    /// - Returns: its row.
    /// - Throws: ``StoreError/exists(what:)`` when the public id is taken.
    package func addSession(
        publicID: String,
        channel: Channel,
        place: String = "",
        tenant: Tenant.ID?,
        title: String = "",
        model: String? = nil,
        at now: Timestamp
    ) throws(StoreError) -> Session {
        let id: Session.ID = try insert(
            """
            INSERT INTO session
                (public_id, channel, place, tenant, title, model, created_ms, updated_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            publicID,
            channel,
            place,
            tenant,
            title,
            model,
            now,
            now
        )
        return Session(
            id: id,
            publicID: publicID,
            channel: channel,
            place: place,
            tenant: tenant,
            title: title,
            model: model,
            created: now,
            updated: now,
            clearedThrough: nil
        )
    }

    /// A tenant's conversations on a channel that are not deleted, the last used first.
    package func sessions(
        of tenant: Tenant.ID,
        channel: Channel,
        limit: Int
    ) throws(StoreError) -> [Session] {
        try all(
            """
            SELECT id, public_id, channel, place, tenant, title, model, created_ms, updated_ms,
                cleared_turn
            FROM session WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL
            ORDER BY updated_ms DESC, id DESC LIMIT ?
            """,
            tenant,
            channel,
            max(0, limit)
        ) { row throws(StoreError) in try Session(row) }
    }

    /// How many conversations a tenant has on a channel that are not deleted.
    package func sessionCount(of tenant: Tenant.ID, channel: Channel) throws(StoreError) -> Int {
        try first(
            """
            SELECT count(*) FROM session WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL
            """,
            tenant,
            channel
        ) { row throws(StoreError) in Int(row.int64(0)) } ?? 0
    }

    /// The conversation of a tenant on a channel in which nothing was said for longest, or nil.
    package func oldestSession(
        of tenant: Tenant.ID,
        channel: Channel
    ) throws(StoreError) -> Session.ID? {
        try first(
            """
            SELECT id FROM session WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL
            ORDER BY updated_ms, id LIMIT 1
            """,
            tenant,
            channel
        ) { row throws(StoreError) in row.id(0) }
    }

    /// The conversation that clients know by `publicID`, or nil; the caller checks whose it is.
    package func session(publicID: String) throws(StoreError) -> Session? {
        try first(
            """
            SELECT id, public_id, channel, place, tenant, title, model, created_ms, updated_ms,
                cleared_turn
            FROM session WHERE public_id = ? AND deleted_ms IS NULL
            """,
            publicID
        ) { row throws(StoreError) in try Session(row) }
    }

    /// A conversation by key, or nil when it is deleted.
    package func session(_ id: Session.ID) throws(StoreError) -> Session? {
        try first(
            """
            SELECT id, public_id, channel, place, tenant, title, model, created_ms, updated_ms,
                cleared_turn
            FROM session WHERE id = ? AND deleted_ms IS NULL
            """,
            id
        ) { row throws(StoreError) in try Session(row) }
    }

    /// Names a conversation.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    package func setTitle(_ title: String, of session: Session.ID) throws(StoreError) {
        try requireSession(
            run("UPDATE session SET title = ? WHERE id = ? AND deleted_ms IS NULL", title, session)
        )
    }

    /// Chooses the model of a conversation; nil: the configuration's list.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    package func setModel(_ model: String?, of session: Session.ID) throws(StoreError) {
        try requireSession(
            run("UPDATE session SET model = ? WHERE id = ? AND deleted_ms IS NULL", model, session)
        )
    }

    /// Puts a conversation on top of the list.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    package func touchSession(_ session: Session.ID, at now: Timestamp) throws(StoreError) {
        try requireSession(
            run(
                "UPDATE session SET updated_ms = ? WHERE id = ? AND deleted_ms IS NULL",
                now,
                session
            )
        )
    }

    /// Begins the prompt anew: everything said so far stays in the history, outside the window.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    package func clearWindow(of session: Session.ID) throws(StoreError) {
        try requireSession(
            run(
                """
                UPDATE session
                SET cleared_turn = (SELECT coalesce(max(id), 0) FROM turn WHERE session = ?1)
                WHERE id = ?1 AND deleted_ms IS NULL
                """,
                session
            )
        )
    }

    /// Takes a conversation out of every list.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    package func deleteSession(_ session: Session.ID, at now: Timestamp) throws(StoreError) {
        try requireSession(
            run(
                "UPDATE session SET deleted_ms = ? WHERE id = ? AND deleted_ms IS NULL",
                now,
                session
            )
        )
    }

    private func requireSession(_ changed: Int) throws(StoreError) {
        if changed == 0 { throw .notFound(what: "conversation") }
    }
}
