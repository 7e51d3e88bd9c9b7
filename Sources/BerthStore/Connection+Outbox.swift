import BerthLoop

extension Connection {
    /// Adds the parts of a turn's reply.
    ///
    /// If the chat has got another name since the turn began, they go there.
    func addOutbox(_ parts: [OutboxDraft], of turn: Turn.ID, at now: Timestamp) throws(StoreError) {
        for part in parts {
            try run(
                """
                INSERT INTO outbox (turn, tenant, channel, chat, topic, part, body, state,
                    created_ms, heard)
                SELECT turn.id, turn.tenant, ?2, coalesce(nullif(session.chat, ''), ?3), ?4,
                    (SELECT coalesce(max(part), 0) + 1 FROM outbox WHERE turn = ?1), ?5, 'waiting',
                    ?6, turn.heard
                FROM turn LEFT JOIN session ON session.id = turn.session WHERE turn.id = ?1
                """,
                turn,
                part.place.channel,
                part.place.chat,
                part.place.topic,
                part.body,
                now
            )
        }
    }

    func addOutbox(
        _ parts: [OutboxDraft],
        in session: Session.ID,
        for tenant: Tenant.ID,
        finishing updates: [ChannelUpdate],
        at now: Timestamp
    ) throws(StoreError) {
        guard try self.session(session) != nil else { throw .notFound(what: "conversation") }
        try requirePresent(tenant)
        try finishUpdates(updates, at: now)
        for (index, part) in parts.enumerated() {
            try run(
                """
                INSERT INTO outbox (session, tenant, channel, chat, topic, part, body, state,
                    created_ms, heard)
                VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?)
                """,
                session,
                tenant,
                part.place.channel,
                part.place.chat,
                part.place.topic,
                index + 1,
                part.body,
                now,
                part.heard
            )
        }
    }
}
