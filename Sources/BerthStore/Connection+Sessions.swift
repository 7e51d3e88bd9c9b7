import BerthLoop

extension Connection {
    func openSession(_ draft: SessionDraft, at now: Timestamp) throws(StoreError) -> Session? {
        if let tenant = draft.tenant {
            try requirePresent(tenant)
            let channel = draft.place.channel
            if draft.limit < .max,
                try sessionCount(of: tenant, channel: channel) >= draft.limit
            {
                return nil
            }
        }
        let id: Session.ID = try insert(
            """
            INSERT INTO session (public_id, channel, chat, topic, is_group, tenant, created_ms,
                updated_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            draft.publicID,
            draft.place.channel,
            draft.place.chat,
            draft.place.topic,
            draft.tenant == nil,
            draft.tenant,
            now,
            now
        )
        return Session(
            id: id,
            publicID: draft.publicID,
            place: draft.place,
            isGroup: draft.tenant == nil,
            tenant: draft.tenant,
            title: "",
            model: nil,
            created: now,
            updated: now,
            clearedThrough: nil
        )
    }

    func sessions(
        of tenant: Tenant.ID,
        channel: ChannelName,
        limit: Int
    ) throws(StoreError) -> [Session] {
        try all(
            """
            SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model, created_ms,
                updated_ms, cleared_turn
            FROM session WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL
            ORDER BY updated_ms DESC, id DESC LIMIT ?
            """,
            tenant,
            channel,
            max(0, limit)
        ) { row throws(StoreError) in try Session(row) }
    }

    /// The conversations of a tenant on a channel that are not deleted.
    private func sessionCount(of tenant: Tenant.ID, channel: ChannelName) throws(StoreError) -> Int
    {
        try first(
            """
            SELECT count(*) FROM session WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL
            """,
            tenant,
            channel
        ) { row throws(StoreError) in row.int(0) } ?? 0
    }

    /// The conversation of a tenant on a channel in which nothing was said for longest.
    func oldestSession(
        of tenant: Tenant.ID,
        channel: ChannelName
    ) throws(StoreError) -> Session? {
        try first(
            """
            SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model, created_ms,
                updated_ms, cleared_turn
            FROM session WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL
            ORDER BY updated_ms, id LIMIT 1
            """,
            tenant,
            channel
        ) { row throws(StoreError) in try Session(row) }
    }

    func session(publicID: String) throws(StoreError) -> Session? {
        try first(
            """
            SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model, created_ms,
                updated_ms, cleared_turn
            FROM session WHERE public_id = ? AND deleted_ms IS NULL
            """,
            publicID
        ) { row throws(StoreError) in try Session(row) }
    }

    func session(at place: Place) throws(StoreError) -> Session? {
        try first(
            """
            SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model, created_ms,
                updated_ms, cleared_turn
            FROM session WHERE channel = ? AND chat = ? AND topic = ? AND chat <> ''
                AND deleted_ms IS NULL
            """,
            place.channel,
            place.chat,
            place.topic
        ) { row throws(StoreError) in try Session(row) }
    }

    func session(_ id: Session.ID) throws(StoreError) -> Session? {
        try first(
            """
            SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model, created_ms,
                updated_ms, cleared_turn
            FROM session WHERE id = ? AND deleted_ms IS NULL
            """,
            id
        ) { row throws(StoreError) in try Session(row) }
    }

    // MARK: Changes

    func changeSession(_ session: Session.ID, _ update: SessionUpdate) throws(StoreError) {
        guard try self.session(session) != nil else { throw .notFound(what: "conversation") }
        if let title = update.title {
            try run("UPDATE session SET title = ? WHERE id = ?", title, session)
        }
        switch update.model {
        case .any: try run("UPDATE session SET model = NULL WHERE id = ?", session)
        case .named(let name): try run("UPDATE session SET model = ? WHERE id = ?", name, session)
        case nil: break
        }
    }

    /// Puts a conversation on top of the list.
    func touchSession(_ session: Session.ID, at now: Timestamp) throws(StoreError) {
        try requireSession(
            run(
                "UPDATE session SET updated_ms = ? WHERE id = ? AND deleted_ms IS NULL",
                now,
                session
            )
        )
    }

    func clearWindow(of session: Session.ID) throws(StoreError) {
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

    func deleteSession(_ session: Session.ID, at now: Timestamp) throws(StoreError) {
        guard let session = try self.session(session) else {
            throw .notFound(what: "conversation")
        }
        try discardSession(session, at: now)
    }

    private func requireSession(_ changed: Int) throws(StoreError) {
        if changed == 0 { throw .notFound(what: "conversation") }
    }
}
