package import BerthLoop

/// Verbs for API keys.
package protocol KeyStore: Sendable {
    /// Adds a key to a tenant.
    ///
    /// - Throws: ``StoreError/notFound(what:)`` if the tenant is removed,
    ///   ``StoreError/exists(what:)`` if the hash is known.
    func addKey(
        _ draft: APIKeyDraft,
        for tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey

    /// Every key that is not revoked, of suspended tenants too, oldest first.
    func keys() async throws(StoreError) -> [APIKey]

    /// A tenant's keys that are not revoked, oldest first.
    func keys(of tenant: Tenant.ID) async throws(StoreError) -> [APIKey]

    /// Ends a key for good.
    ///
    /// - Throws: ``StoreError/notFound(what:)``, also for a key that was revoked before.
    func revokeKey(_ id: APIKey.ID, at now: Timestamp) async throws(StoreError)

    /// Ends every key of a tenant.
    ///
    /// - Returns: how many were in force.
    @discardableResult
    func revokeKeys(of tenant: Tenant.ID, at now: Timestamp) async throws(StoreError) -> Int
}

extension Connection {
    func addKey(
        _ draft: APIKeyDraft,
        for tenant: Tenant.ID,
        at now: Timestamp
    ) throws(StoreError) -> APIKey {
        try requirePresent(tenant)
        let id: APIKey.ID = try insert(
            "INSERT INTO api_key (tenant, hash, hint, created_ms) VALUES (?, ?, ?, ?)",
            tenant,
            draft.hash,
            draft.hint,
            now
        )
        return APIKey(id: id, tenant: tenant, hash: draft.hash, hint: draft.hint, created: now)
    }
}

extension Database: KeyStore {
    package nonisolated func addKey(
        _ draft: APIKeyDraft,
        for tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> APIKey {
        try await write { store throws(StoreError) in
            try store.addKey(draft, for: tenant, at: now)
        }
    }

    package nonisolated func keys() async throws(StoreError) -> [APIKey] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, tenant, hash, hint, created_ms FROM api_key
                WHERE revoked_ms IS NULL ORDER BY id
                """
            ) { row throws(StoreError) in APIKey(row) }
        }
    }

    package nonisolated func keys(of tenant: Tenant.ID) async throws(StoreError) -> [APIKey] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, tenant, hash, hint, created_ms FROM api_key
                WHERE tenant = ? AND revoked_ms IS NULL ORDER BY id
                """,
                tenant
            ) { row throws(StoreError) in APIKey(row) }
        }
    }

    package nonisolated func revokeKey(
        _ id: APIKey.ID,
        at now: Timestamp
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            let changed = try store.run(
                "UPDATE api_key SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL",
                now,
                id
            )
            if changed == 0 { throw .notFound(what: "key") }
        }
    }

    @discardableResult
    package nonisolated func revokeKeys(
        of tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> Int {
        try await write { store throws(StoreError) in
            try store.run(
                "UPDATE api_key SET revoked_ms = ? WHERE tenant = ? AND revoked_ms IS NULL",
                now,
                tenant
            )
        }
    }
}
