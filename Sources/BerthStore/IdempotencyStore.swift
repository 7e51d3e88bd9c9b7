package import BerthLoop
package import BerthMemory

/// Verbs for requests that clients may repeat.
///
/// ``LedgerStore/startCall(_:at:)`` writes the key of its reservation in its own commit, and
/// ``LedgerStore/releaseCall(_:at:)`` deletes it, because nothing was bought. A key expires
/// ``IdempotencyKey/lifetime`` after it was written, and is deleted with its tenant.
package protocol IdempotencyStore: Sendable {
    /// The state of a tenant's key.
    func record(
        of key: IdempotencyKey,
        for tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> KeyRecord

    /// The outcome that is kept under a key. nil if there is none.
    func outcome(
        of key: IdempotencyKey,
        for tenant: Tenant.ID
    ) async throws(StoreError) -> KeptOutcome?

    /// Keeps the outcome of a request under its key, which is written if it has no row.
    ///
    /// - Parameters:
    ///   - outcome: the outcome, or nil if it is too large to be kept.
    ///   - key: the key.
    ///   - tenant: the tenant whose key it is.
    ///   - most: the most bytes of all outcomes of the tenant.
    ///   - now: the time of the end.
    /// - Returns: whether the outcome is kept. If not, the key is ``KeyRecord/notKept``.
    /// - Throws: ``StoreError/notFound(what:)`` if the tenant is removed.
    @discardableResult
    func keepOutcome(
        _ outcome: KeptOutcome?,
        of key: IdempotencyKey,
        for tenant: Tenant.ID,
        within most: ByteCount,
        at now: Timestamp
    ) async throws(StoreError) -> Bool
}

extension Connection {
    /// Writes the key of a call that is about to be made.
    func claim(
        _ key: IdempotencyKey,
        for tenant: Tenant.ID,
        _ call: Call.ID?,
        at now: Timestamp
    ) throws(StoreError) {
        try run(
            "DELETE FROM idempotency WHERE tenant = ? AND name = ? AND created_ms <= ?",
            tenant,
            key.name,
            now + (.zero - IdempotencyKey.lifetime)
        )
        // A row that is there belongs to the call of another model for the same request. It stays
        // with that call if it was charged.
        try run(
            """
            INSERT INTO idempotency (tenant, name, request, call, created_ms)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (tenant, name) DO UPDATE SET call = excluded.call
            WHERE EXISTS (SELECT 1 FROM call
                WHERE call.id = idempotency.call AND call.state = 'reserved')
            """,
            tenant,
            key.name,
            key.request,
            call,
            now
        )
    }

    /// Deletes the key of a call that bought nothing.
    func unclaim(_ call: Call.ID) throws(StoreError) {
        try run("DELETE FROM idempotency WHERE call = ? AND status IS NULL", call)
    }
}

extension Database: IdempotencyStore {
    package nonisolated func record(
        of key: IdempotencyKey,
        for tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> KeyRecord {
        try await read { store throws(StoreError) in
            let start = now + (.zero - IdempotencyKey.lifetime)
            let found = try store.first(
                """
                SELECT request, status, length(body) FROM idempotency
                WHERE tenant = ? AND name = ? AND created_ms > ?
                """,
                tenant,
                key.name,
                start
            ) { row throws(StoreError) -> KeyRecord in
                if row.bytes(0) != key.request { return .reused }
                guard row.int64OrNil(1) != nil else { return .unknown }
                return row.int64OrNil(2).map { .kept(ByteCount(Int($0))) } ?? .notKept
            }
            if let found { return found }
            return try store.first(
                """
                SELECT count(*), min(created_ms) FROM idempotency
                WHERE tenant = ? AND created_ms > ?
                """,
                tenant,
                start
            ) { row throws(StoreError) in
                let oldest = row.timestampOrNil(1)
                return .free(count: row.int(0), next: oldest.map { $0 + IdempotencyKey.lifetime })
            } ?? .free(count: 0, next: nil)
        }
    }

    package nonisolated func outcome(
        of key: IdempotencyKey,
        for tenant: Tenant.ID
    ) async throws(StoreError) -> KeptOutcome? {
        try await read { store throws(StoreError) in
            try store.first(
                """
                SELECT status, type, body FROM idempotency
                WHERE tenant = ? AND name = ? AND request = ? AND body IS NOT NULL
                """,
                tenant,
                key.name,
                key.request
            ) { row throws(StoreError) in
                KeptOutcome(status: row.int(0), type: row.text(1), body: row.bytes(2))
            }
        }
    }

    @discardableResult
    package nonisolated func keepOutcome(
        _ outcome: KeptOutcome?,
        of key: IdempotencyKey,
        for tenant: Tenant.ID,
        within most: ByteCount,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.requirePresent(tenant)
            let isKnown = try store.first(
                "SELECT 1 FROM idempotency WHERE tenant = ? AND name = ? AND request = ?",
                tenant,
                key.name,
                key.request
            ) { _ throws(StoreError) in true }
            if isKnown == nil { try store.claim(key, for: tenant, nil, at: now) }
            let used =
                try store.first(
                    "SELECT coalesce(sum(length(body)), 0) FROM idempotency WHERE tenant = ?",
                    tenant
                ) { row throws(StoreError) in row.int(0) } ?? 0
            var kept = outcome
            if let body = outcome?.body, used + body.count > most.bytes { kept = nil }
            try store.run(
                """
                UPDATE idempotency SET status = ?, type = ?, body = ? WHERE tenant = ? AND name = ?
                """,
                kept?.status ?? 0,
                kept?.type,
                kept?.body,
                tenant,
                key.name
            )
            return kept != nil
        }
    }
}
