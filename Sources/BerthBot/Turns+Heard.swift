package import BerthMemory
package import BerthStore
package import BerthWork

/// A message that a channel with chats has heard at the place of one of its conversations.
package struct HeardMessage: Sendable {
    /// The text, which may be empty if there are files.
    package var text: String
    /// The ids of the tenant's files that come with it, which are pictures.
    package var files: [String] = []
    /// Whether an answer that somebody was given before is not wanted.
    package var isFresh = false
    /// The updates that brought it, which are finished in the commit that accepts or answers it.
    package var updates: [ChannelUpdate] = []
    /// The channel's id of the message, if the answer is to quote it.
    package var id: String?

    /// Makes a message.
    package init(_ text: String, updates: [ChannelUpdate] = []) {
        (self.text, self.updates) = (text, updates)
    }

    /// The command `/translate` with the text of the message that it answers, or nil if `command` is
    /// another one or has a text of its own.
    package static func translation(
        _ command: String,
        of answered: String,
        orInto usual: Language
    ) -> String? {
        Translation.command(command, of: answered, orInto: usual)
    }
}

/// Actions for channels with chats, which know a conversation's place.
extension Turns {
    /// Takes a message that a channel has heard at the place of one of its conversations.
    ///
    /// - Parameters:
    ///   - heard: the message.
    ///   - session: the place's conversation, also a group's, as ``Conversations/find(at:for:)`` and
    ///     ``Conversations/open(at:isGroup:for:)`` give it.
    ///   - tenant: the tenant who writes and pays.
    ///   - request: the id of the request, for the log.
    ///   - memory: as for ``begin(_:in:by:request:isFresh:memory:)``.
    /// - Returns: the turn, whose row is on the disk.
    /// - Throws: ``BotError``.
    package func begin(
        _ heard: HeardMessage,
        at session: Session,
        by tenant: LiveTenant,
        request: String = "-",
        memory: PrepaidMemory? = nil
    ) async throws(BotError) -> LiveTurn {
        var message = Message(heard.text.trimmed, in: session.publicID, isFresh: heard.isFresh)
        (message.place, message.files) = (session.place, heard.files)
        (message.updates, message.heard) = (heard.updates, heard.id)
        return try await begin(message, by: tenant, request: request, memory: memory)
    }

    /// Takes a text, as ``begin(_:at:by:request:memory:)`` takes a message.
    package func begin(
        _ text: String,
        at session: Session,
        by tenant: LiveTenant
    ) async throws(BotError) -> LiveTurn {
        try await begin(HeardMessage(text), at: session, by: tenant)
    }

    /// Asks again the message of a turn that has ended, at the place of its conversation.
    ///
    /// The new turn takes the place of the last one. It follows the last one if the turn is older.
    ///
    /// - Parameters:
    ///   - turn: the turn.
    ///   - session: the place's conversation.
    ///   - tenant: the tenant who wants it, who must have paid for the turn too.
    ///   - updates: the updates that brought the wish, which are finished when the turn is
    ///     accepted.
    /// - Returns: the new turn, whose row is on the disk.
    /// - Throws: ``BotError/noTurn`` if it is another tenant's, of another conversation, or has not
    ///   ended.
    package func again(
        _ turn: Turn.ID,
        at session: Session,
        by tenant: LiveTenant,
        finishing updates: [ChannelUpdate]
    ) async throws(BotError) -> LiveTurn {
        let row = try await ended(turn, at: session, of: tenant)
        var message = Message(row.text, in: session.publicID, isFresh: true)
        (message.place, message.inputs) = (session.place, row.inputs)
        message.wholeText = row.wholeText
        let now = try await self.session(of: message, by: tenant)
        // The messenger shows what came after an older turn, so that remains part of the prompt.
        if now.leaf == turn { message.beside = turn }
        (message.updates, message.heard) = (updates, row.heard)
        return try await begin(message, by: tenant, request: "-", memory: nil)
    }

    /// Asks for the rest of an answer that was cut at the model's limit, at the place of its
    /// conversation.
    ///
    /// The parameters are those of ``again(_:at:by:finishing:)``.
    ///
    /// - Throws: ``BotError/noTurn`` as ``again(_:at:by:finishing:)``, and ``BotError/notCut`` if the
    ///   turn is not the last one of its conversation or its answer was not cut.
    package func goOn(
        _ turn: Turn.ID,
        at session: Session,
        by tenant: LiveTenant,
        finishing updates: [ChannelUpdate]
    ) async throws(BotError) -> LiveTurn {
        let row = try await ended(turn, at: session, of: tenant)
        var asked = Message("", in: session.publicID, isFresh: true)
        asked.place = session.place
        var message = try rest(of: row, in: try await self.session(of: asked, by: tenant))
        message.place = session.place
        (message.updates, message.heard) = (updates, row.heard)
        return try await begin(message, by: tenant, request: "-", memory: nil)
    }

    /// A turn of a tenant at the place of its conversation, which has ended.
    ///
    /// - Throws: ``BotError/noTurn``.
    package func ended(
        _ turn: Turn.ID,
        at session: Session,
        of tenant: LiveTenant
    ) async throws(BotError) -> Turn {
        let row = try await withBotErrors { () async throws(StoreError) in
            try await store.turn(turn)
        }
        guard let row, row.tenant == tenant.row.id, row.session == session.id, !row.state.isOpen
        else { throw .noTurn }
        return row
    }

    /// Tells a tenant something at the place of a conversation, through the outbox.
    ///
    /// - Parameters:
    ///   - text: the words, in Markdown.
    ///   - session: the place's conversation.
    ///   - tenant: the tenant who is told.
    ///   - updates: the updates that are answered, which are finished in the same commit.
    ///   - heard: the channel's id of the message that is answered, or nil if it is not quoted.
    /// - Throws: ``BotError`` if the database fails.
    package func tell(
        _ text: String,
        in session: Session,
        to tenant: LiveTenant,
        finishing updates: [ChannelUpdate],
        answering heard: String? = nil
    ) async throws(BotError) {
        try await runner.reply(
            text,
            in: session,
            to: tenant,
            finishing: updates,
            answering: heard
        )
    }

    /// Sends parts in the channel's own form at the place of a conversation, through the outbox.
    ///
    /// The parameters are those of ``tell(_:in:to:finishing:answering:)``.
    package func send(
        _ parts: [String],
        in session: Session,
        to tenant: LiveTenant,
        finishing updates: [ChannelUpdate]
    ) async throws(BotError) {
        let outbox = parts.map { OutboxDraft(place: session.place, body: $0) }
        try await runner.send(outbox, in: session, to: tenant, finishing: updates)
    }

    /// Returns when no turn of a conversation is under way.
    ///
    /// - Throws: `CancellationError`.
    package func whenFree(_ session: Session) async throws(CancellationError) {
        try await gate.whenFree(session.publicID)
    }

    /// Ends the turn of a conversation that is under way, if the tenant pays for it.
    ///
    /// - Returns: whether there was one.
    package func stop(in session: Session, by tenant: LiveTenant) -> Bool {
        gate.stop(session.publicID, of: tenant.row.id)
    }
}
