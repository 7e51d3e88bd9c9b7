package import BerthLoop

/// How a message reaches the bot.
package enum Channel: String, Bindable, CaseIterable, Sendable {
    case web
    case terminal
    case telegram
}

/// Who a tenant is on a channel, as a Telegram user's number.
package struct Identity: Equatable, Sendable {
    /// Whose it is.
    package let tenant: Tenant.ID
    /// Where it takes place.
    package let channel: Channel
    /// The channel's own name for the person.
    package let external: String
    /// When it was made.
    package let created: Timestamp
}

extension Connection {
    /// Says who a tenant is on a channel.
    ///
    /// - Throws: ``StoreError/exists(what:)`` when the person is a tenant already.
    package func addIdentity(
        of tenant: Tenant.ID,
        channel: Channel,
        external: String,
        at now: Timestamp
    ) throws(StoreError) {
        try run(
            "INSERT INTO identity (tenant, channel, external, created_ms) VALUES (?, ?, ?, ?)",
            tenant,
            channel,
            external,
            now
        )
    }

    /// The tenant that a person of a channel is, or nil.
    package func tenant(
        channel: Channel,
        external: String
    ) throws(StoreError) -> Tenant.ID? {
        try first(
            "SELECT tenant FROM identity WHERE channel = ? AND external = ?",
            channel,
            external
        ) { row throws(StoreError) in row.id(0) }
    }

    /// Who a tenant is, on all channels.
    package func identities(of tenant: Tenant.ID) throws(StoreError) -> [Identity] {
        try all(
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
