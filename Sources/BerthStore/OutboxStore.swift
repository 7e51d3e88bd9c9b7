package import BerthLoop

/// Verbs for the delivery of replies.
///
/// ``TurnStore/finishTurn(_:as:settling:outbox:at:)`` and ``TurnStore/recover(at:askingAgainBelow:telling:)`` fill
/// the outbox with replies to turns.
///
/// The parts of one place are delivered in order. A part that waits for its retry holds those
/// behind it; one that was given up does not. A change of a part that does not wait changes nothing
/// and returns false.
package protocol OutboxStore: Sendable {
    /// Writes the reply to a command, which has no turn, and finishes the updates that brought
    /// it.
    ///
    /// - Throws: ``StoreError/notFound(what:)`` if the conversation is deleted or the tenant is
    ///   removed.
    func addOutbox(
        _ parts: [OutboxDraft],
        in session: Session.ID,
        for tenant: Tenant.ID,
        finishing updates: [ChannelUpdate],
        at now: Timestamp
    ) async throws(StoreError)

    /// The first waiting part of each place of a channel, if it is due: oldest first, at most
    /// `limit`.
    func dueOutbox(
        on channel: ChannelName,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [OutboxPart]

    /// The first time after `now` at which a part of a channel is due, and the time at which the
    /// oldest of its waiting parts was made. Each is nil if there is none.
    func nextOutbox(
        on channel: ChannelName,
        after now: Timestamp
    ) async throws(StoreError) -> (due: Timestamp?, oldest: Timestamp?)

    /// Records that a part is about to be sent.
    ///
    /// A part that was begun before, and whose outcome was not recorded, may have been delivered.
    /// Its new beginning is counted in ``OutboxPart/unsure``.
    ///
    /// - Returns: whether it waits.
    func beginOutbox(_ id: OutboxPart.ID, at now: Timestamp) async throws(StoreError) -> Bool

    /// Has a part wait until `due` without counting an attempt.
    func postponeOutbox(
        _ id: OutboxPart.ID,
        until due: Timestamp,
        because reason: String
    ) async throws(StoreError) -> Bool

    /// Gives up all parts that wait for a chat, which cannot be written to.
    ///
    /// - Returns: how many there were.
    func failOutbox(
        to chat: String,
        on channel: ChannelName,
        because reason: String,
        at now: Timestamp
    ) async throws(StoreError) -> Int

    /// Moves the conversations of a chat, and the parts that wait for it, to the chat's new name.
    ///
    /// A place that has a conversation there keeps it.
    func moveChat(
        _ chat: String,
        to other: String,
        on channel: ChannelName
    ) async throws(StoreError)

    /// Records that a part was delivered, and the channel's id of the message.
    func outboxSent(
        _ id: OutboxPart.ID,
        as message: String?,
        at now: Timestamp
    ) async throws(StoreError) -> Bool

    /// Records that an attempt failed, and that the part is tried again at `due`.
    ///
    /// - Parameters:
    ///   - id: the part.
    ///   - due: the time of the next attempt.
    ///   - reason: the reason, for the operator.
    ///   - isUnsure: whether the part may have been delivered all the same.
    /// - Returns: whether it waits.
    /// - Throws: ``StoreError`` as every verb does.
    func retryOutboxLater(
        _ id: OutboxPart.ID,
        at due: Timestamp,
        because reason: String,
        isUnsure: Bool
    ) async throws(StoreError) -> Bool

    /// Gives a part up after its last attempt. The caller knows the limit.
    func failOutbox(
        _ id: OutboxPart.ID,
        because reason: String,
        at now: Timestamp
    ) async throws(StoreError) -> Bool

    /// Sets the parts that are due after `latest` to `due`: no pause is that long, so the clock that
    /// set them was ahead.
    func bringOutboxForward(
        after latest: Timestamp,
        to due: Timestamp
    ) async throws(StoreError)

    /// Records the channel's id of the message that shows a turn's answer while it is written.
    ///
    /// The first part of the reply takes its place, also after a kill.
    func keepPreview(_ message: String, of turn: Turn.ID) async throws(StoreError)

    /// The channel's ids of the messages that a turn's reply was delivered as, in their order.
    func messages(of turn: Turn.ID) async throws(StoreError) -> [String]

    /// Makes a part that was given up wait again, at once and in its old order.
    ///
    /// - Returns: whether it had been given up.
    func requeueOutbox(_ id: OutboxPart.ID) async throws(StoreError) -> Bool
}

extension Database: OutboxStore {
    package nonisolated func addOutbox(
        _ parts: [OutboxDraft],
        in session: Session.ID,
        for tenant: Tenant.ID,
        finishing updates: [ChannelUpdate],
        at now: Timestamp
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.addOutbox(parts, in: session, for: tenant, finishing: updates, at: now)
        }
    }

    package nonisolated func beginOutbox(
        _ id: OutboxPart.ID,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE outbox SET begun_ms = ?, unsure = unsure + (begun_ms IS NOT NULL)
                WHERE id = ? AND state = 'waiting'
                """,
                now,
                id
            ) > 0
        }
    }

    package nonisolated func postponeOutbox(
        _ id: OutboxPart.ID,
        until due: Timestamp,
        because reason: String
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE outbox SET due_ms = ?, error = ?, begun_ms = NULL
                WHERE id = ? AND state = 'waiting'
                """,
                due,
                reason,
                id
            ) > 0
        }
    }

    package nonisolated func failOutbox(
        to chat: String,
        on channel: ChannelName,
        because reason: String,
        at now: Timestamp
    ) async throws(StoreError) -> Int {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE outbox SET state = 'failed', attempts = attempts + (begun_ms IS NOT NULL),
                    due_ms = NULL, begun_ms = NULL, error = ?, finished_ms = ?
                WHERE state = 'waiting' AND channel = ? AND chat = ?
                """,
                reason,
                now,
                channel,
                chat
            )
        }
    }

    package nonisolated func moveChat(
        _ chat: String,
        to other: String,
        on channel: ChannelName
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            // The messages of the old chat have no ids in the new one.
            try store.run(
                """
                UPDATE turn SET heard = NULL, preview = NULL WHERE session IN (
                    SELECT id FROM session WHERE channel = ?1 AND chat = ?2 AND deleted_ms IS NULL)
                """,
                channel,
                chat
            )
            try store.run(
                """
                UPDATE OR IGNORE session SET chat = ?3
                WHERE channel = ?1 AND chat = ?2 AND chat <> '' AND deleted_ms IS NULL
                """,
                channel,
                chat,
                other
            )
            try store.run(
                """
                UPDATE outbox SET chat = ?3, heard = NULL
                WHERE state = 'waiting' AND channel = ?1 AND chat = ?2
                """,
                channel,
                chat,
                other
            )
        }
    }

    package nonisolated func bringOutboxForward(
        after latest: Timestamp,
        to due: Timestamp
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.run(
                "UPDATE outbox SET due_ms = ?2 WHERE state = 'waiting' AND due_ms > ?1",
                latest,
                due
            )
        }
    }

    package nonisolated func dueOutbox(
        on channel: ChannelName,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [OutboxPart] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, turn, tenant, channel, chat, topic, part, body, state, attempts, due_ms,
                    error, message, created_ms, finished_ms, begun_ms, unsure, heard,
                    (SELECT preview FROM turn WHERE turn.id = part.turn)
                FROM outbox AS part
                WHERE state = 'waiting' AND channel = ? AND coalesce(due_ms, 0) <= ?
                    AND NOT EXISTS (
                        SELECT 1 FROM outbox AS earlier
                        WHERE earlier.state = 'waiting' AND earlier.channel = part.channel
                            AND earlier.chat = part.chat AND earlier.topic = part.topic
                            AND earlier.id < part.id)
                ORDER BY id LIMIT ?
                """,
                channel,
                now,
                max(0, limit)
            ) { row throws(StoreError) in try OutboxPart(row) }
        }
    }

    package nonisolated func nextOutbox(
        on channel: ChannelName,
        after now: Timestamp
    ) async throws(StoreError) -> (due: Timestamp?, oldest: Timestamp?) {
        try await read { store throws(StoreError) in
            try store.first(
                """
                SELECT min(due_ms), (
                    SELECT min(created_ms) FROM outbox WHERE state = 'waiting' AND channel = ?)
                FROM outbox AS part
                WHERE state = 'waiting' AND channel = ? AND due_ms > ?
                    AND NOT EXISTS (
                        SELECT 1 FROM outbox AS earlier
                        WHERE earlier.state = 'waiting' AND earlier.channel = part.channel
                            AND earlier.chat = part.chat AND earlier.topic = part.topic
                            AND earlier.id < part.id)
                """,
                channel,
                channel,
                now
            ) { row throws(StoreError) in
                (row.timestampOrNil(0), row.timestampOrNil(1))
            } ?? (nil, nil)
        }
    }

    package nonisolated func outboxSent(
        _ id: OutboxPart.ID,
        as message: String?,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE outbox SET state = 'sent', message = ?, error = NULL, finished_ms = ?,
                    begun_ms = NULL
                WHERE id = ? AND state = 'waiting'
                """,
                message,
                now,
                id
            ) > 0
        }
    }

    package nonisolated func retryOutboxLater(
        _ id: OutboxPart.ID,
        at due: Timestamp,
        because reason: String,
        isUnsure: Bool
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE outbox SET attempts = attempts + 1, due_ms = ?, error = ?,
                    begun_ms = iif(?, begun_ms, NULL)
                WHERE id = ? AND state = 'waiting'
                """,
                due,
                reason,
                isUnsure,
                id
            ) > 0
        }
    }

    package nonisolated func failOutbox(
        _ id: OutboxPart.ID,
        because reason: String,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE outbox SET state = 'failed', attempts = attempts + 1, due_ms = NULL,
                    error = ?, finished_ms = ?, begun_ms = NULL
                WHERE id = ? AND state = 'waiting'
                """,
                reason,
                now,
                id
            ) > 0
        }
    }

    package nonisolated func keepPreview(
        _ message: String,
        of turn: Turn.ID
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            _ = try store.run("UPDATE turn SET preview = ? WHERE id = ?", message, turn)
        }
    }

    package nonisolated func messages(of turn: Turn.ID) async throws(StoreError) -> [String] {
        try await read { store throws(StoreError) in
            try store.all(
                "SELECT message FROM outbox WHERE turn = ? AND message IS NOT NULL ORDER BY part",
                turn
            ) { row throws(StoreError) in row.text(0) }
        }
    }

    package nonisolated func requeueOutbox(_ id: OutboxPart.ID) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE outbox SET state = 'waiting', attempts = 0, due_ms = NULL,
                    finished_ms = NULL
                WHERE id = ? AND state = 'failed'
                """,
                id
            ) > 0
        }
    }
}
