package import BerthLoop

/// Verbs for the people of channels and the tenants that they are.
package protocol IdentityStore: Sendable {
    /// Records that a person of a channel is a tenant.
    ///
    /// - Throws: ``StoreError/exists(what:)`` if the person is a tenant already,
    ///   ``StoreError/notFound(what:)`` if the tenant is removed.
    func addIdentity(
        of tenant: Tenant.ID,
        channel: ChannelName,
        external: String,
        at now: Timestamp
    ) async throws(StoreError)

    /// The tenant that a person of a channel is. nil if it is none.
    func tenant(channel: ChannelName, external: String) async throws(StoreError) -> Tenant.ID?

    /// The people that a tenant is, on all channels, by channel and name.
    func identities(of tenant: Tenant.ID) async throws(StoreError) -> [Identity]

    /// Forgets that a person of a channel is a tenant.
    ///
    /// - Returns: whether it was one.
    @discardableResult
    func removeIdentity(channel: ChannelName, external: String) async throws(StoreError) -> Bool
}

extension Database: IdentityStore {
    package nonisolated func addIdentity(
        of tenant: Tenant.ID,
        channel: ChannelName,
        external: String,
        at now: Timestamp
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.requirePresent(tenant)
            try store.run(
                "INSERT INTO identity (tenant, channel, external, created_ms) VALUES (?, ?, ?, ?)",
                tenant,
                channel,
                external,
                now
            )
        }
    }

    package nonisolated func tenant(
        channel: ChannelName,
        external: String
    ) async throws(StoreError) -> Tenant.ID? {
        try await read { store throws(StoreError) in
            try store.first(
                "SELECT tenant FROM identity WHERE channel = ? AND external = ?",
                channel,
                external
            ) { row throws(StoreError) in row.id(0) }
        }
    }

    package nonisolated func identities(
        of tenant: Tenant.ID
    ) async throws(StoreError) -> [Identity] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT tenant, channel, external, created_ms FROM identity
                WHERE tenant = ? ORDER BY channel, external
                """,
                tenant
            ) { row throws(StoreError) in
                Identity(
                    tenant: row.id(0),
                    channel: try row.word(1),
                    external: row.text(2),
                    created: row.timestamp(3)
                )
            }
        }
    }

    @discardableResult
    package nonisolated func removeIdentity(
        channel: ChannelName,
        external: String
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                "DELETE FROM identity WHERE channel = ? AND external = ?",
                channel,
                external
            ) > 0
        }
    }
}
