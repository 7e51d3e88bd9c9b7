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
            try store.all(
                """
                SELECT public_id, id, tenant, state, why, model, attempts, finished_ms AS ended,
                    NULL AS channel, NULL AS chat, NULL AS topic
                FROM turn WHERE state = 'failed' AND finished_ms >= ?1
                UNION ALL
                SELECT public_id, id, tenant, state, why, model, attempts, finished_ms,
                    NULL, NULL, NULL
                FROM turn WHERE state = 'uncertain' AND finished_ms >= ?1
                UNION ALL
                SELECT NULL, id, tenant, state, NULL, provider || '/' || model, 1, settled_ms,
                    NULL, NULL, NULL
                FROM call WHERE state = 'uncertain' AND turn IS NULL AND settled_ms >= ?1
                UNION ALL
                SELECT NULL, id, tenant, state, error, NULL, attempts, finished_ms,
                    channel, chat, topic
                FROM outbox WHERE state = 'failed' AND finished_ms >= ?1
                ORDER BY ended DESC, id DESC LIMIT ?2
                """,
                start,
                max(0, limit)
            ) { row throws(StoreError) in try Trouble(row) }
        }
    }

    package nonisolated func troubleCounts(
        since start: Timestamp
    ) async throws(StoreError) -> TroubleCounts {
        try await read { store throws(StoreError) in
            try store.first(
                """
                SELECT (SELECT count(*) FROM turn WHERE state = 'failed' AND finished_ms >= ?1),
                    (SELECT count(*) FROM call WHERE state = 'uncertain' AND settled_ms >= ?1),
                    (SELECT count(*) FROM outbox WHERE state = 'failed' AND finished_ms >= ?1),
                    (SELECT count(*) FROM call WHERE state = 'absorbed' AND settled_ms >= ?1),
                    (SELECT total(micros) FROM call WHERE state = 'absorbed' AND settled_ms >= ?1),
                    (SELECT total(unsure) FROM outbox WHERE unsure > 0 AND created_ms >= ?1)
                """,
                start
            ) { row throws(StoreError) in
                TroubleCounts(
                    failedTurns: row.int(0),
                    uncertainCalls: row.int(1),
                    failedParts: row.int(2),
                    absorbedCalls: row.int(3),
                    absorbedMicros: Int64(row.int(4)),
                    unsureParts: row.int(5)
                )
            }
                ?? TroubleCounts(
                    failedTurns: 0,
                    uncertainCalls: 0,
                    failedParts: 0,
                    absorbedCalls: 0,
                    absorbedMicros: 0,
                    unsureParts: 0
                )
        }
    }

    package nonisolated func measuredLoad(
        since start: Timestamp
    ) async throws(StoreError) -> MeasuredLoad {
        try await read { store throws(StoreError) in
            var load = MeasuredLoad()
            try store.first(
                """
                SELECT (SELECT count(*) FROM turn),
                    page_size * max(0, page_count - freelist_count - ?)
                FROM pragma_page_count, pragma_page_size, pragma_freelist_count
                """,
                Connection.emptyPages
            ) { row throws(StoreError) in (load.turns, load.bytes) = (row.int(0), row.int(1)) }
            try store.first(
                """
                SELECT count(*), coalesce(sum(requests + reserved_requests), 0) FROM usage_day
                WHERE day_ms >= ? AND requests + reserved_requests > 0
                """,
                start.startOfDay
            ) { row throws(StoreError) in
                (load.tenantDays, load.requests) = (row.int(0), row.int(1))
            }
            try store.first(
                """
                SELECT count(*) AS calls, count(DISTINCT tenant) FROM (
                    SELECT tenant, created_ms FROM call ORDER BY id DESC LIMIT 20000)
                WHERE created_ms >= ? GROUP BY created_ms / 3600000 ORDER BY calls DESC LIMIT 1
                """,
                start
            ) { row throws(StoreError) in
                (load.busiestCalls, load.busiestTenants) = (row.int(0), row.int(1))
            }
            load.providers = try store.all(
                """
                SELECT provider, count(*),
                    CAST(avg(max(0, settled_ms - created_ms)) AS INTEGER) FROM (
                    SELECT provider, created_ms, settled_ms, state FROM call ORDER BY id DESC
                    LIMIT 1000)
                WHERE state = 'settled' AND created_ms >= ? GROUP BY provider ORDER BY provider
                """,
                start
            ) { row throws(StoreError) in
                MeasuredLoad.Provider(
                    name: row.text(0),
                    calls: row.int(1),
                    seconds: Double(row.int(2)) / 1000
                )
            }
            return load
        }
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
