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

    @discardableResult
    package nonisolated func finishUpdates(
        _ keys: [ChannelUpdate],
        at now: Timestamp
    ) async throws(StoreError) -> Int {
        try await write { store throws(StoreError) in try store.finishUpdates(keys, at: now) }
    }
}
