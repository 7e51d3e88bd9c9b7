package import BerthLoop

/// Verbs for the operator and for the service itself.
package protocol UpkeepStore: Sendable {
    /// The turns that failed or are uncertain, and the uncertain calls of the API, that ended at
    /// `start` or later: newest first, at most `limit`.
    func troubles(since start: Timestamp, limit: Int) async throws(StoreError) -> [Trouble]

    /// The numbers of failures that ended at `start` or later.
    func troubleCounts(since start: Timestamp) async throws(StoreError) -> TroubleCounts

    /// The work that was done since `start`. Looks at the last 20,000 calls.
    func measuredLoad(since start: Timestamp) async throws(StoreError) -> MeasuredLoad

    /// Keeps `value` in the place of what was kept under that name.
    func keep(_ value: [UInt8], as kept: Kept) async throws(StoreError)

    /// The value that is kept under a name. nil if there is none yet.
    func kept(_ kept: Kept) async throws(StoreError) -> [UInt8]?

    /// Deletes some of the rows that nobody may read again: those of deleted conversations and of
    /// removed tenants, and expired keys.
    ///
    /// - Returns: whether there may be more of them.
    func purge(at now: Timestamp) async throws(StoreError) -> Bool

    /// Overwrites the copies of deleted rows that the medium still holds. Does nothing if there are
    /// none.
    func emptyLog() async throws(StoreError)

    /// Gives the room of the medium's log back, as far as that can be done now.
    func shrinkLog() async throws(StoreError)

    /// Returns when the store has answered, after every write that was given before.
    func ping() async throws(StoreError)

    /// Reads everything and looks for damage. The verbs of the service wait meanwhile.
    ///
    /// - Returns: one sentence for each problem, none for a sound store.
    func integrityCheck() async throws(StoreError) -> [String]

    /// Verbs that wait or run.
    var pending: Int { get }

    /// The verbs that were accepted since the store was opened.
    var counts: VerbCounts { get }

    /// Gives the engine's caches back to the allocator, for an idle service.
    func releaseMemory() async

    /// Finishes the verbs that were called before and closes the store.
    ///
    /// Every later verb throws ``StoreError/closed``. Does nothing the second time.
    func close() async
}

extension Connection {
    func kept(_ kept: Kept) throws(StoreError) -> [UInt8]? {
        try first("SELECT value FROM kept WHERE name = ?", kept) { row throws(StoreError) in
            row.bytes(0)
        }
    }
}

extension Database: UpkeepStore {
    package nonisolated func troubles(
        since start: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [Trouble] {
        try await read { store throws(StoreError) in
            try store.troubles(since: start, limit: limit)
        }
    }

    package nonisolated func troubleCounts(
        since start: Timestamp
    ) async throws(StoreError) -> TroubleCounts {
        try await read { store throws(StoreError) in try store.troubleCounts(since: start) }
    }

    package nonisolated func measuredLoad(
        since start: Timestamp
    ) async throws(StoreError) -> MeasuredLoad {
        try await read { store throws(StoreError) in try store.measuredLoad(since: start) }
    }

    package nonisolated func keep(_ value: [UInt8], as kept: Kept) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.run(
                """
                INSERT INTO kept (name, value) VALUES (?, ?)
                ON CONFLICT DO UPDATE SET value = excluded.value
                """,
                kept,
                value
            )
        }
    }

    package nonisolated func kept(_ kept: Kept) async throws(StoreError) -> [UInt8]? {
        try await read { store throws(StoreError) in try store.kept(kept) }
    }

    package nonisolated func purge(at now: Timestamp) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in try store.purge(at: now) }
    }

    package nonisolated func emptyLog() async throws(StoreError) {
        // A checkpoint is no statement, and no transaction may be open.
        try await read { store throws(StoreError) in try store.emptyLog() }
    }

    package nonisolated func shrinkLog() async throws(StoreError) {
        try await read { store throws(StoreError) in
            try store.withoutWaiting { () throws(StoreError) in try store.checkpoint() }
        }
    }

    package nonisolated func ping() async throws(StoreError) {
        _ = try await read { store throws(StoreError) in
            try store.run("SELECT 1 FROM tenant LIMIT 1")
        }
    }

    package nonisolated func integrityCheck() async throws(StoreError) -> [String] {
        try await read { store throws(StoreError) in try store.integrityProblems() }
    }
}
