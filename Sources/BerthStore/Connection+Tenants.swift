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

    func tenants() throws(StoreError) -> [Tenant] {
        try all(
            """
            SELECT id, name, state, created_ms, requests_per_day, tokens_per_day, images_per_day,
                spend_per_month_micros, memory_bytes, disk_bytes, files, language, heard_language
            FROM tenant WHERE state <> 'removed' ORDER BY name
            """
        ) { row throws(StoreError) in try Tenant(row) }
    }

    func tenant(_ id: Tenant.ID) throws(StoreError) -> Tenant? {
        try first(
            """
            SELECT id, name, state, created_ms, requests_per_day, tokens_per_day, images_per_day,
                spend_per_month_micros, memory_bytes, disk_bytes, files, language, heard_language
            FROM tenant WHERE id = ?
            """,
            id
        ) { row throws(StoreError) in try Tenant(row) }
    }

    func set(_ state: Tenant.State, of id: Tenant.ID) throws(StoreError) -> Tenant {
        let changed = try run(
            "UPDATE tenant SET state = ? WHERE id = ? AND state <> 'removed'",
            state,
            id
        )
        guard changed > 0, let tenant = try tenant(id) else { throw .notFound(what: "tenant") }
        return tenant
    }

    func removeTenant(_ id: Tenant.ID) throws(StoreError) -> Tenant {
        try run("UPDATE tenant SET language = NULL, heard_language = NULL WHERE id = ?", id)
        let tenant = try set(.removed, of: id)
        try run(
            "UPDATE session SET deleted_ms = updated_ms, title = '' WHERE tenant = ?",
            id
        )
        try run(
            """
            DELETE FROM turn WHERE tenant = ? AND session IN (
                SELECT id FROM session WHERE tenant IS NULL)
            """,
            id
        )
        _ = try purge(at: .init(milliseconds: 0))
        hasPurged = true
        try run("DELETE FROM idempotency WHERE tenant = ?", id)
        try run("DELETE FROM outbox WHERE tenant = ?", id)
        try run("DELETE FROM file WHERE tenant = ?", id)
        try run("DELETE FROM api_key WHERE tenant = ?", id)
        try run("DELETE FROM web_link WHERE tenant = ?", id)
        try run("DELETE FROM web_login WHERE tenant = ?", id)
        try run("DELETE FROM identity WHERE tenant = ?", id)
        try run("DELETE FROM invitation WHERE tenant = ?", id)
        return tenant
    }

    func chooseLanguage(_ code: String?, of id: Tenant.ID) throws(StoreError) -> Tenant {
        let changed = try run(
            "UPDATE tenant SET language = ? WHERE id = ? AND state <> 'removed'",
            code,
            id
        )
        guard changed > 0, let tenant = try tenant(id) else { throw .notFound(what: "tenant") }
        return tenant
    }

    func hearLanguage(_ code: String, of id: Tenant.ID) throws(StoreError) -> Tenant {
        let changed = try run(
            "UPDATE tenant SET heard_language = ? WHERE id = ? AND state <> 'removed'",
            code,
            id
        )
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
