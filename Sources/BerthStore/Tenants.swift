package import BerthLoop

/// One person with quotas.
package struct Tenant: Equatable, Sendable {
    /// The key of a row of this kind.
    package typealias ID = RowID<Tenant>

    /// Whether the tenant may use the bot.
    package enum State: String, Bindable, Sendable {
        case active
        /// Keeps everything, may do nothing.
        case suspended
        /// Gone but for the ledger.
        case removed
    }

    /// Its key.
    package let id: ID
    /// Unique among the tenants that are not removed, as typed.
    package let name: String
    /// How it stands.
    package let state: State
    /// When it was made.
    package let created: Timestamp
    /// The tenant's own limits.
    package let quotas: TenantQuotas
}

/// A tenant's own limits, 0 or more each; nil: the configuration's default.
package struct TenantQuotas: Equatable, Sendable {
    /// Calls a day.
    package var requestsPerDay: Int?
    /// Tokens in and out a day.
    package var tokensPerDay: Int?
    /// Pictures a day.
    package var imagesPerDay: Int?
    /// Millionths of a dollar a month.
    package var spendPerMonthMicros: Int64?
    /// Bytes held at once.
    package var memoryBytes: Int?
    /// Bytes on disk.
    package var diskBytes: Int?
    /// Files on disk.
    package var files: Int?

    /// All of them the configuration's defaults.
    package init() {}
}

extension Tenant {
    init(_ row: borrowing Row) throws(StoreError) {
        id = row.id(0)
        name = row.text(1)
        state = try row.word(2)
        created = row.timestamp(3)
        var quotas = TenantQuotas()
        quotas.requestsPerDay = row.intOrNil(4)
        quotas.tokensPerDay = row.intOrNil(5)
        quotas.imagesPerDay = row.intOrNil(6)
        quotas.spendPerMonthMicros = row.int64OrNil(7)
        quotas.memoryBytes = row.intOrNil(8)
        quotas.diskBytes = row.intOrNil(9)
        quotas.files = row.intOrNil(10)
        self.quotas = quotas
    }
}

extension Connection {
    /// Makes a tenant with the default quotas.
    ///
    /// - Throws: ``StoreError/nameTaken(_:)``; a removed tenant's name is free again.
    package func addTenant(named name: String, at now: Timestamp) throws(StoreError) -> Tenant {
        let taken = try first(
            "SELECT 1 FROM tenant WHERE name = ? AND state <> 'removed'",
            name
        ) { _ throws(StoreError) in true }
        if taken != nil { throw .nameTaken(name) }
        let id: Tenant.ID = try insert(
            "INSERT INTO tenant (name, state, created_ms) VALUES (?, 'active', ?)",
            name,
            now
        )
        return Tenant(id: id, name: name, state: .active, created: now, quotas: TenantQuotas())
    }

    /// All tenants that are not removed, by name.
    package func tenants() throws(StoreError) -> [Tenant] {
        try all(
            """
            SELECT id, name, state, created_ms, requests_per_day, tokens_per_day, images_per_day,
                spend_per_month_micros, memory_bytes, disk_bytes, files
            FROM tenant WHERE state <> 'removed' ORDER BY name
            """
        ) { row throws(StoreError) in try Tenant(row) }
    }

    /// The tenant of that name who is not removed, or nil.
    package func tenant(named name: String) throws(StoreError) -> Tenant? {
        try first(
            """
            SELECT id, name, state, created_ms, requests_per_day, tokens_per_day, images_per_day,
                spend_per_month_micros, memory_bytes, disk_bytes, files
            FROM tenant WHERE name = ? AND state <> 'removed'
            """,
            name
        ) { row throws(StoreError) in try Tenant(row) }
    }

    /// A tenant by key, removed ones too, or nil.
    package func tenant(_ id: Tenant.ID) throws(StoreError) -> Tenant? {
        try first(
            """
            SELECT id, name, state, created_ms, requests_per_day, tokens_per_day, images_per_day,
                spend_per_month_micros, memory_bytes, disk_bytes, files
            FROM tenant WHERE id = ?
            """,
            id
        ) { row throws(StoreError) in try Tenant(row) }
    }

    /// Lets a tenant do nothing until resumed.
    ///
    /// - Throws: ``StoreError/notFound(what:)`` also for a removed tenant.
    package func suspendTenant(_ id: Tenant.ID) throws(StoreError) { try set(.suspended, of: id) }

    /// Ends a suspension.
    ///
    /// - Throws: ``StoreError/notFound(what:)`` also for a removed tenant.
    package func resumeTenant(_ id: Tenant.ID) throws(StoreError) { try set(.active, of: id) }

    /// Deletes what a tenant wrote and every way in; the name and the ledger of calls stay.
    ///
    /// - Throws: ``StoreError/notFound(what:)`` also for a removed tenant.
    package func removeTenant(_ id: Tenant.ID) throws(StoreError) {
        try set(.removed, of: id)
        // Rowids are used again, so that the ledger must not keep those of the turns.
        try run("UPDATE call SET turn = NULL WHERE tenant = ? AND turn IS NOT NULL", id)
        try run("DELETE FROM session WHERE tenant = ?", id)
        try run("DELETE FROM turn WHERE tenant = ?", id)  // those in sessions of a group
        try run("DELETE FROM api_key WHERE tenant = ?", id)
        try run("DELETE FROM web_link WHERE tenant = ?", id)
        try run("DELETE FROM web_login WHERE tenant = ?", id)
        try run("DELETE FROM identity WHERE tenant = ?", id)
    }

    /// Replaces all of a tenant's own limits.
    ///
    /// - Throws: ``StoreError/notFound(what:)`` also for a removed tenant.
    package func setQuotas(_ quotas: TenantQuotas, of id: Tenant.ID) throws(StoreError) {
        let changed = try run(
            """
            UPDATE tenant SET requests_per_day = ?, tokens_per_day = ?, images_per_day = ?,
                spend_per_month_micros = ?, memory_bytes = ?, disk_bytes = ?, files = ?
            WHERE id = ? AND state <> 'removed'
            """,
            quotas.requestsPerDay,
            quotas.tokensPerDay,
            quotas.imagesPerDay,
            quotas.spendPerMonthMicros,
            quotas.memoryBytes,
            quotas.diskBytes,
            quotas.files,
            id
        )
        if changed == 0 { throw .notFound(what: "tenant") }
    }

    private func set(_ state: Tenant.State, of id: Tenant.ID) throws(StoreError) {
        let changed = try run(
            "UPDATE tenant SET state = ? WHERE id = ? AND state <> 'removed'",
            state,
            id
        )
        if changed == 0 { throw .notFound(what: "tenant") }
    }
}
