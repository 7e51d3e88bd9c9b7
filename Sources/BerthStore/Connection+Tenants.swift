import BerthLoop

extension Connection {
    func addTenant(named name: String, at now: Timestamp) throws(StoreError) -> Tenant {
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

    func tenant(_ id: Tenant.ID) throws(StoreError) -> Tenant? {
        try first(
            """
            SELECT id, name, state, created_ms, requests_per_day, tokens_per_day, images_per_day,
                spend_per_month_micros, memory_bytes, disk_bytes, files, language, heard_language,
                display, outlines
            FROM tenant WHERE id = ?
            """,
            id
        ) { row throws(StoreError) in try Tenant(row) }
    }

    func set(_ state: Tenant.State, of id: Tenant.ID) throws(StoreError) -> Tenant {
        try update(
            id,
            "UPDATE tenant SET state = ? WHERE id = ? AND state <> 'removed'",
            state.rawValue
        )
    }

    /// Runs an update of one column of a tenant.
    ///
    /// - Parameters:
    ///   - id: the tenant, which is bound last.
    ///   - sql: an update that changes no removed tenant.
    ///   - value: the column's new value, which is bound first.
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)`` if nothing has changed.
    func update(
        _ id: Tenant.ID,
        _ sql: StaticString,
        _ value: String?
    ) throws(StoreError) -> Tenant {
        let changed = try run(sql, value, id)
        guard changed > 0, let tenant = try tenant(id) else { throw .notFound(what: "tenant") }
        return tenant
    }

    func setQuotas(_ quotas: TenantQuotas, of id: Tenant.ID) throws(StoreError) {
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
}

extension Connection {
    /// Refuses a tenant that is unknown or removed.
    func requirePresent(_ id: Tenant.ID) throws(StoreError) {
        guard let tenant = try tenant(id), tenant.state != .removed else {
            throw .notFound(what: "tenant")
        }
    }
}
