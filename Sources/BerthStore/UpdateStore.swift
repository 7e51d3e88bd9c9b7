package import BerthLoop

/// Verbs for the updates that a channel's server sends to a bot.
///
/// An update is stored before its server is told that it has arrived. A verb that answers it
/// (``TurnStore/acceptTurn(_:at:)``, ``OutboxStore/addOutbox(_:in:for:finishing:at:)``) finishes it
/// in its own commit, so that no update is answered twice. A finished update keeps its number and
/// loses its body.
package protocol UpdateStore: Sendable {
    /// Stores updates that have not come before, in their order.
    ///
    /// - Returns: the keys of those that are new.
    func receive(
        _ updates: [StoredUpdate],
        at now: Timestamp
    ) async throws(StoreError) -> [ChannelUpdate]

    /// The body of an update, or nil if it is unknown or finished.
    func update(_ key: ChannelUpdate) async throws(StoreError) -> [UInt8]?

    /// The updates of a bot that are not finished and came after the one with the order `last`, in
    /// the order of their arrival, at most `limit`.
    func openUpdates(
        of bot: Int,
        after last: Int64,
        limit: Int
    ) async throws(StoreError) -> [StoredUpdate]

    /// The transcript of a recording, or nil if no earlier run has asked for it.
    ///
    /// It is kept from the settlement of its call until its update is finished.
    func transcript(
        of media: String,
        in updates: [ChannelUpdate]
    ) async throws(StoreError) -> ReceivedRecording.Transcript?

    /// Finishes updates that need no other change.
    ///
    /// - Returns: how many of them were open.
    @discardableResult
    func finishUpdates(
        _ keys: [ChannelUpdate],
        at now: Timestamp
    ) async throws(StoreError) -> Int
}

extension Connection {
    /// The time for which the number of a finished update is kept.
    ///
    /// A server repeats an update for a day at most.
    static let updateLife = Duration.seconds(2 * 86_400)

    func receive(
        _ updates: [StoredUpdate],
        at now: Timestamp
    ) throws(StoreError) -> [ChannelUpdate] {
        var new: [ChannelUpdate] = []
        for update in updates {
            let added = try run(
                """
                INSERT INTO channel_update (bot, number, body, received_ms) VALUES (?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """,
                update.key.bot,
                update.key.number,
                update.body,
                now
            )
            if added > 0 { new.append(update.key) }
        }
        return new
    }

    @discardableResult
    func finishUpdates(_ keys: [ChannelUpdate], at now: Timestamp) throws(StoreError) -> Int {
        var finished = 0
        for key in keys {
            finished += try run(
                """
                UPDATE channel_update SET body = x'', finished_ms = ?
                WHERE bot = ? AND number = ? AND finished_ms IS NULL
                """,
                now,
                key.bot,
                key.number
            )
        }
        return finished
    }

    /// The time at which the last update of a bot arrived, or nil if none is remembered.
    func lastUpdate(of bot: Int) throws(StoreError) -> Timestamp? {
        try first(
            "SELECT received_ms FROM channel_update WHERE bot = ? ORDER BY id DESC LIMIT 1",
            bot
        ) { row throws(StoreError) in row.timestamp(0) }
    }

    /// Records that a call transcribes a recording, if its update is open.
    func transcribe(_ recording: ReceivedRecording, by call: Call.ID) throws(StoreError) {
        try run(
            """
            INSERT INTO transcript (received, media, call)
            SELECT id, ?3, ?4 FROM channel_update
            WHERE bot = ?1 AND number = ?2 AND finished_ms IS NULL
            ON CONFLICT DO UPDATE SET call = excluded.call, text = NULL
            """,
            recording.update.bot,
            recording.update.number,
            recording.media,
            call
        )
    }

    func transcript(
        of media: String,
        in updates: [ChannelUpdate]
    ) throws(StoreError) -> ReceivedRecording.Transcript? {
        for update in updates {
            let found = try first(
                """
                SELECT text, lost FROM transcript
                WHERE media = ? AND received = (
                    SELECT id FROM channel_update WHERE bot = ? AND number = ?)
                """,
                media,
                update.bot,
                update.number
            ) { row throws(StoreError) in
                row.bool(1) ? .lost : row.textOrNil(0).map { ReceivedRecording.Transcript.text($0) }
            }
            if let transcript = found ?? nil { return transcript }
        }
        return nil
    }

    /// Whether a recording is transcribed again after a kill has left its call open.
    ///
    /// It is, once, if the call holds less than `limit` millionths of a dollar. After that its
    /// transcript is lost.
    func mayTranscribeAgain(_ call: Call.ID, below limit: Int64) throws(StoreError) -> Bool {
        let isAgain =
            try run(
                """
                UPDATE transcript SET asked_again = asked_again + 1
                WHERE call = ?1 AND asked_again < ?3
                    AND (SELECT reserved_micros FROM call WHERE id = ?1) < ?2
                """,
                call,
                limit,
                Connection.mostAskedAgain
            ) > 0
        if !isAgain { try run("UPDATE transcript SET lost = 1 WHERE call = ?", call) }
        return isAgain
    }

    /// Deletes at most `limit` updates whose numbers are no longer needed.
    func purgeUpdates(limit: Int, at now: Timestamp) throws(StoreError) -> Int {
        try run(
            """
            DELETE FROM channel_update WHERE id IN (
                SELECT id FROM channel_update
                WHERE finished_ms IS NOT NULL AND finished_ms <= ? LIMIT ?)
            """,
            now + (.zero - Connection.updateLife),
            limit
        )
    }
}

extension Database: UpdateStore {
    package nonisolated func receive(
        _ updates: [StoredUpdate],
        at now: Timestamp
    ) async throws(StoreError) -> [ChannelUpdate] {
        try await write { store throws(StoreError) in try store.receive(updates, at: now) }
    }

    package nonisolated func update(_ key: ChannelUpdate) async throws(StoreError) -> [UInt8]? {
        try await read { store throws(StoreError) in
            try store.first(
                """
                SELECT body FROM channel_update
                WHERE bot = ? AND number = ? AND finished_ms IS NULL
                """,
                key.bot,
                key.number
            ) { row throws(StoreError) in row.bytes(0) }
        }
    }

    package nonisolated func openUpdates(
        of bot: Int,
        after last: Int64,
        limit: Int
    ) async throws(StoreError) -> [StoredUpdate] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT number, body, id FROM channel_update
                WHERE bot = ? AND finished_ms IS NULL AND id > ? ORDER BY id LIMIT ?
                """,
                bot,
                last,
                max(0, limit)
            ) { row throws(StoreError) in
                let key = ChannelUpdate(bot: bot, number: row.int(0))
                return StoredUpdate(key, body: row.bytes(1), order: row.int64(2))
            }
        }
    }

    package nonisolated func transcript(
        of media: String,
        in updates: [ChannelUpdate]
    ) async throws(StoreError) -> ReceivedRecording.Transcript? {
        try await read { store throws(StoreError) in
            try store.transcript(of: media, in: updates)
        }
    }

    @discardableResult
    package nonisolated func finishUpdates(
        _ keys: [ChannelUpdate],
        at now: Timestamp
    ) async throws(StoreError) -> Int {
        try await write { store throws(StoreError) in try store.finishUpdates(keys, at: now) }
    }
}
