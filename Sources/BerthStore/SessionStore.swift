package import BerthLoop

/// Verbs for conversations and their history.
package protocol SessionStore: Sendable {
    /// Opens a conversation.
    ///
    /// - Returns: the conversation. nil if the owner has as many as the draft allows.
    /// - Throws: ``StoreError/exists(what:)`` if the public id is taken or the place has a
    ///   conversation, ``StoreError/notFound(what:)`` if the owner is removed.
    func openSession(_ draft: SessionDraft, at now: Timestamp) async throws(StoreError) -> Session?

    /// The conversation that clients know by `publicID`. nil if there is none.
    ///
    /// The caller checks who may see it.
    func session(publicID: String) async throws(StoreError) -> Session?

    /// The conversation at a place of a channel with chats. nil if there is none.
    func session(at place: Place) async throws(StoreError) -> Session?

    /// A conversation and the exchanges that its next prompt may repeat, in one read.
    ///
    /// These are the latest messages of a branch with an answer (done, or stopped after the first
    /// words) since the window was cleared. Translations and pictures are left out. The first
    /// exchange that does not fit the limits ends the window.
    ///
    /// - Parameters:
    ///   - publicID: the conversation.
    ///   - before: a turn. Only those before it on its branch are part of the window. nil for all of
    ///     the branch that is shown.
    ///   - limits: the most that the window holds.
    ///   - question: a question that is about to be asked, or nil if nobody wants to know whether it
    ///     was asked before.
    /// - Returns: nil if there is no such conversation. The caller checks who may see it.
    /// - Throws: ``StoreError`` as every verb does.
    func window(
        of publicID: String,
        before: Turn.ID?,
        limits: SessionWindow.Limits,
        asking question: AskedQuestion?
    ) async throws(StoreError) -> SessionWindow?

    /// A page of a tenant's conversations on a channel: the pinned ones first, then the last used.
    ///
    /// - Parameters:
    ///   - tenant: the owner.
    ///   - channel: the channel.
    ///   - isArchived: whether the archived ones are listed, or the others.
    ///   - before: the public id of the last conversation of the page before, or nil for the first
    ///     page.
    ///   - limit: the most conversations.
    /// - Returns: nil if `before` is no conversation of the tenant any more.
    /// - Throws: ``StoreError`` as every verb does.
    func sessions(
        of tenant: Tenant.ID,
        channel: ChannelName,
        isArchived: Bool,
        before: String?,
        limit: Int
    ) async throws(StoreError) -> [Session]?

    /// A tenant's conversation on a channel in which nothing was said for longest. nil if there is
    /// none.
    func oldestSession(
        of tenant: Tenant.ID,
        channel: ChannelName
    ) async throws(StoreError) -> Session?

    /// A page of a branch of a conversation, newest first.
    ///
    /// - Parameters:
    ///   - session: the conversation.
    ///   - before: the public id of the last turn of the page before. nil for the newest page of the
    ///     branch that is shown.
    ///   - limit: the most turns.
    ///   - bytes: no further turn is added after this many bytes of texts and answers.
    /// - Returns: nil if `before` is no turn of the conversation.
    /// - Throws: ``StoreError`` as every verb does.
    func history(
        of session: Session.ID,
        before: String?,
        limit: Int,
        bytes: Int
    ) async throws(StoreError) -> HistoryPage?

    /// Shows the branch that begins at a turn, or at one of those beside it, up to its newest turn.
    ///
    /// - Parameters:
    ///   - turn: a turn of the conversation.
    ///   - step: the turn itself, or the one before or after it among those beside it.
    /// - Returns: whether there is such a turn. If not, nothing was changed.
    /// - Throws: ``StoreError`` as every verb does.
    func showBranch(
        at turn: Turn,
        step: TurnBranch.Step
    ) async throws(StoreError) -> Bool

    /// Changes a conversation's title or model, pins it or archives it.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    func changeSession(_ session: Session.ID, _ update: SessionUpdate) async throws(StoreError)

    /// Begins the prompt anew. Everything said so far stays in the history, outside the window.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    func clearWindow(of session: Session.ID) async throws(StoreError)

    /// Takes a conversation out of every list. Its place is free again.
    ///
    /// Its rows are deleted in the same commit, except those of a long one, which
    /// ``UpkeepStore/purge(at:)`` deletes. Their words leave the medium at
    /// ``UpkeepStore/emptyLog()``.
    ///
    /// - Throws: ``StoreError/notFound(what:)``.
    func deleteSession(_ session: Session.ID, at now: Timestamp) async throws(StoreError)
}

extension Database: SessionStore {
    package nonisolated func openSession(
        _ draft: SessionDraft,
        at now: Timestamp
    ) async throws(StoreError) -> Session? {
        try await write { store throws(StoreError) in
            if let tenant = draft.tenant {
                try store.requirePresent(tenant)
                let channel = draft.place.channel
                if draft.limit < .max,
                    try store.sessionCount(of: tenant, channel: channel) >= draft.limit
                {
                    return nil
                }
            }
            let id: Session.ID = try store.insert(
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
                clearedThrough: nil,
                leaf: nil
            )
        }
    }

    package nonisolated func session(publicID: String) async throws(StoreError) -> Session? {
        try await read { store throws(StoreError) in try store.session(publicID: publicID) }
    }

    package nonisolated func session(at place: Place) async throws(StoreError) -> Session? {
        try await read { store throws(StoreError) in try store.session(at: place) }
    }

    package nonisolated func window(
        of publicID: String,
        before: Turn.ID?,
        limits: SessionWindow.Limits,
        asking question: AskedQuestion?
    ) async throws(StoreError) -> SessionWindow? {
        try await read { store throws(StoreError) in
            guard let session = try store.session(publicID: publicID) else { return nil }
            var window = try store.window(of: session, before: before, limits: limits)
            if let question { window.isRepeated = try store.hasAsked(question) }
            return window
        }
    }

    package nonisolated func sessions(
        of tenant: Tenant.ID,
        channel: ChannelName,
        isArchived: Bool,
        before: String?,
        limit: Int
    ) async throws(StoreError) -> [Session]? {
        try await read { store throws(StoreError) in
            var (pinned, updated, id) = (Int64.max, Int64.max, Int64.max)
            if let before {
                guard let last = try store.session(publicID: before), last.tenant == tenant else {
                    return nil
                }
                (pinned, updated) = (last.isPinned ? 1 : 0, last.updated.milliseconds)
                id = last.id.value
            }
            return try store.all(
                """
                SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model,
                    created_ms, updated_ms, cleared_turn, leaf, pinned, archived
                FROM session WHERE tenant = ? AND channel = ? AND archived = ?
                    AND deleted_ms IS NULL AND (pinned, updated_ms, id) < (?, ?, ?)
                ORDER BY pinned DESC, updated_ms DESC, id DESC LIMIT ?
                """,
                tenant,
                channel,
                isArchived,
                pinned,
                updated,
                id,
                max(0, limit)
            ) { row throws(StoreError) in try Session(row) }
        }
    }

    package nonisolated func oldestSession(
        of tenant: Tenant.ID,
        channel: ChannelName
    ) async throws(StoreError) -> Session? {
        try await read { store throws(StoreError) in
            try store.first(
                """
                SELECT id, public_id, channel, chat, topic, is_group, tenant, title, model,
                    created_ms, updated_ms, cleared_turn, leaf, pinned, archived
                FROM session WHERE tenant = ? AND channel = ? AND deleted_ms IS NULL
                ORDER BY updated_ms, id LIMIT 1
                """,
                tenant,
                channel
            ) { row throws(StoreError) in try Session(row) }
        }
    }

    package nonisolated func history(
        of session: Session.ID,
        before: String?,
        limit: Int,
        bytes: Int
    ) async throws(StoreError) -> HistoryPage? {
        try await read { store throws(StoreError) in
            try store.history(of: session, before: before, limit: limit, bytes: bytes)
        }
    }

    package nonisolated func showBranch(
        at turn: Turn,
        step: TurnBranch.Step
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in try store.showBranch(at: turn, step: step) }
    }

    package nonisolated func changeSession(
        _ session: Session.ID,
        _ update: SessionUpdate
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            guard try store.session(session) != nil else { throw .notFound(what: "conversation") }
            if let title = update.title {
                try store.run("UPDATE session SET title = ? WHERE id = ?", title, session)
            }
            switch update.model {
            case .any: try store.run("UPDATE session SET model = NULL WHERE id = ?", session)
            case .named(let name):
                try store.run("UPDATE session SET model = ? WHERE id = ?", name, session)
            case nil: break
            }
            try store.mark(session, update)
        }
    }

    package nonisolated func clearWindow(of session: Session.ID) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.requireSession(
                store.run(
                    """
                    UPDATE session
                    SET cleared_turn = (SELECT coalesce(max(id), 0) FROM turn WHERE session = ?1)
                    WHERE id = ?1 AND deleted_ms IS NULL
                    """,
                    session
                )
            )
        }
    }

    package nonisolated func deleteSession(
        _ session: Session.ID,
        at now: Timestamp
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            guard let session = try store.session(session) else {
                throw .notFound(what: "conversation")
            }
            try store.discardSession(session, at: now)
        }
    }
}
