package import BerthLoop

/// A tenant's key for the API; the key itself is nowhere, only its hash.
package struct APIKey: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<APIKey>

    /// Its key.
    package let id: ID
    /// Whose it is.
    package let tenant: Tenant.ID
    /// SHA-256 of the key: 32 bytes.
    package let hash: [UInt8]
    /// The key's first characters after `berth-`, by which people tell keys apart.
    package let hint: String
    /// When it was made.
    package let created: Timestamp
}

extension APIKey {
    init(_ row: borrowing Row) {
        id = row.id(0)
        tenant = row.id(1)
        hash = row.bytes(2)
        hint = row.text(3)
        created = row.timestamp(4)
    }
}

extension Connection {
    /// Adds a key to a tenant: its SHA-256 (32 bytes), and its first characters after `berth-`.
    package func addKey(
        for tenant: Tenant.ID,
        hash: [UInt8],
        hint: String,
        at now: Timestamp
    ) throws(StoreError) -> APIKey {
        let id: APIKey.ID = try insert(
            "INSERT INTO api_key (tenant, hash, hint, created_ms) VALUES (?, ?, ?, ?)",
            tenant,
            hash,
            hint,
            now
        )
        return APIKey(id: id, tenant: tenant, hash: hash, hint: hint, created: now)
    }

    /// Every key that is not revoked, of suspended tenants too, oldest first.
    package func keys() throws(StoreError) -> [APIKey] {
        try all(
            """
            SELECT id, tenant, hash, hint, created_ms FROM api_key
            WHERE revoked_ms IS NULL ORDER BY id
            """
        ) { row throws(StoreError) in APIKey(row) }
    }

    /// A tenant's keys that are not revoked, oldest first.
    package func keys(of tenant: Tenant.ID) throws(StoreError) -> [APIKey] {
        try all(
            """
            SELECT id, tenant, hash, hint, created_ms FROM api_key
            WHERE tenant = ? AND revoked_ms IS NULL ORDER BY id
            """,
            tenant
        ) { row throws(StoreError) in APIKey(row) }
    }

    /// Ends a key for ever.
    ///
    /// - Throws: ``StoreError/notFound(what:)`` also for a key that was revoked before.
    package func revokeKey(_ id: APIKey.ID, at now: Timestamp) throws(StoreError) {
        let changed = try run(
            "UPDATE api_key SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL",
            now,
            id
        )
        if changed == 0 { throw .notFound(what: "key") }
    }

    /// Ends every key of a tenant.
    ///
    /// - Returns: how many were in force.
    @discardableResult
    package func revokeKeys(of tenant: Tenant.ID, at now: Timestamp) throws(StoreError) -> Int {
        try run(
            "UPDATE api_key SET revoked_ms = ? WHERE tenant = ? AND revoked_ms IS NULL",
            now,
            tenant
        )
    }
}
