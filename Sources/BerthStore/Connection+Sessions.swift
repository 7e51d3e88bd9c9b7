import BerthLoop

extension Connection {
    /// The conversations of a tenant on a channel that are not deleted.
    func sessionCount(of tenant: Tenant.ID, channel: ChannelName) throws(StoreError) -> Int {
        try first(
            """
            SELECT count(*) FROM session WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL
            """,
            tenant,
            channel
        ) { row throws(StoreError) in row.int(0) } ?? 0
    }

    func session(publicID: String) throws(StoreError) -> Session? {
        try first(
            """
            SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model, created_ms,
                updated_ms, cleared_turn, leaf, pinned, archived
            FROM session WHERE public_id = ? AND deleted_ms IS NULL
            """,
            publicID
        ) { row throws(StoreError) in try Session(row) }
    }

    func session(at place: Place) throws(StoreError) -> Session? {
        try first(
            """
            SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model, created_ms,
                updated_ms, cleared_turn, leaf, pinned, archived
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
                updated_ms, cleared_turn, leaf, pinned, archived
            FROM session WHERE id = ? AND deleted_ms IS NULL
            """,
            id
        ) { row throws(StoreError) in try Session(row) }
    }

    // MARK: Changes

    /// Pins or archives a conversation, or undoes it.
    func mark(_ session: Session.ID, _ update: SessionUpdate) throws(StoreError) {
        if let isPinned = update.isPinned {
            try run("UPDATE session SET pinned = ? WHERE id = ?", isPinned, session)
        }
        if let isArchived = update.isArchived {
            try run("UPDATE session SET archived = ? WHERE id = ?", isArchived, session)
        }
    }

    func requireSession(_ changed: Int) throws(StoreError) {
        if changed == 0 { throw .notFound(what: "conversation") }
    }
}
