package import BerthLoop

/// Verbs for tenants and their quotas.
package protocol TenantStore: Sendable {
    /// Makes a tenant with the default quotas.
    ///
    /// - Throws: ``StoreError/nameTaken(_:)``. A removed tenant's name is free again.
    func addTenant(named name: String, at now: Timestamp) async throws(StoreError) -> Tenant

    /// Makes a tenant as ``addTenant(named:at:)`` does, together with its first API key.
    ///
    /// - Throws: ``StoreError/nameTaken(_:)``, ``StoreError/exists(what:)`` if the key is known.
    func addTenant(
        named name: String,
        key: APIKeyDraft,
        at now: Timestamp
    ) async throws(StoreError) -> (tenant: Tenant, key: APIKey)

    /// All tenants that are not removed, by name.
    func tenants() async throws(StoreError) -> [Tenant]

    /// A tenant by its key, removed ones too. nil if there is none.
    func tenant(_ id: Tenant.ID) async throws(StoreError) -> Tenant?

    /// Lets a tenant do nothing until it is resumed.
    ///
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)``, also for a removed tenant.
    func suspendTenant(_ id: Tenant.ID) async throws(StoreError) -> Tenant

    /// Ends a suspension.
    ///
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)``, also for a removed tenant.
    func resumeTenant(_ id: Tenant.ID) async throws(StoreError) -> Tenant

    /// Deletes everything that a tenant wrote or was told, its files' rows, and every way in.
    ///
    /// ``UpkeepStore/purge(at:)`` deletes the rest of many turns.
    ///
    /// The tenant's row and the ledger (calls and usage) stay. They hold no content.
    ///
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)``, also for a removed tenant.
    func removeTenant(_ id: Tenant.ID) async throws(StoreError) -> Tenant

    /// Changes a tenant's own limits, starting from the stored ones. Concurrent changes all hold.
    ///
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)``, also for a removed tenant.
    func changeQuotas(
        of id: Tenant.ID,
        _ change: @escaping @Sendable (inout TenantQuotas) -> Void
    ) async throws(StoreError) -> Tenant

    /// Sets the code of the language that a tenant has chosen, or forgets the choice if it is nil.
    ///
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)``, also for a removed tenant.
    func chooseLanguage(_ code: String?, of id: Tenant.ID) async throws(StoreError) -> Tenant

    /// Sets the code of the language of the device that a tenant uses, and keeps its choice.
    ///
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)``, also for a removed tenant.
    func hearLanguage(_ code: String, of id: Tenant.ID) async throws(StoreError) -> Tenant

    /// Sets the person's name in any script, or forgets it if it is nil.
    ///
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)``, also for a removed tenant.
    func display(_ name: String?, for id: Tenant.ID) async throws(StoreError) -> Tenant

    /// Sets whether models write titles and summaries at a tenant's cost.
    ///
    /// - Returns: the tenant as it is now.
    /// - Throws: ``StoreError/notFound(what:)``, also for a removed tenant.
    func setOutlines(_ isOn: Bool, of id: Tenant.ID) async throws(StoreError) -> Tenant
}

extension Database: TenantStore {
    package nonisolated func addTenant(
        named name: String,
        at now: Timestamp
    ) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in try store.addTenant(named: name, at: now) }
    }

    package nonisolated func addTenant(
        named name: String,
        key: APIKeyDraft,
        at now: Timestamp
    ) async throws(StoreError) -> (tenant: Tenant, key: APIKey) {
        try await write { store throws(StoreError) in
            let tenant = try store.addTenant(named: name, at: now)
            return (tenant, try store.addKey(key, for: tenant.id, at: now))
        }
    }

    package nonisolated func tenants() async throws(StoreError) -> [Tenant] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, name, state, created_ms, requests_per_day, tokens_per_day, images_per_day,
                    spend_per_month_micros, memory_bytes, disk_bytes, files, language, heard_language,
                    display, outlines
                FROM tenant WHERE state <> 'removed' ORDER BY name
                """
            ) { row throws(StoreError) in try Tenant(row) }
        }
    }

    package nonisolated func tenant(_ id: Tenant.ID) async throws(StoreError) -> Tenant? {
        try await read { store throws(StoreError) in try store.tenant(id) }
    }

    package nonisolated func suspendTenant(_ id: Tenant.ID) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in try store.set(.suspended, of: id) }
    }

    package nonisolated func resumeTenant(_ id: Tenant.ID) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in try store.set(.active, of: id) }
    }

    package nonisolated func removeTenant(_ id: Tenant.ID) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE tenant SET language = NULL, heard_language = NULL, display = NULL
                WHERE id = ?
                """,
                id
            )
            let tenant = try store.set(.removed, of: id)
            try store.run(
                """
                UPDATE session SET deleted_ms = 0, title = '', instructions = '' WHERE tenant = ?
                """,
                id
            )
            try store.run(
                "DELETE FROM outline WHERE session IN (SELECT id FROM session WHERE tenant = ?)",
                id
            )
            try store.run("DELETE FROM own_text WHERE tenant = ?", id)
            try store.joinBranches(without: id)
            try store.run(
                """
                DELETE FROM turn WHERE tenant = ? AND session IN (
                    SELECT id FROM session WHERE tenant IS NULL)
                """,
                id
            )
            _ = try store.purge(at: .init(milliseconds: 0))
            store.hasPurged = true
            try store.run("DELETE FROM idempotency WHERE tenant = ?", id)
            try store.run("DELETE FROM outbox WHERE tenant = ?", id)
            try store.run("DELETE FROM asked WHERE tenant = ?", id)
            try store.run("DELETE FROM file WHERE tenant = ?", id)
            try store.run("DELETE FROM api_key WHERE tenant = ?", id)
            try store.run("DELETE FROM web_link WHERE tenant = ?", id)
            try store.run("DELETE FROM web_login WHERE tenant = ?", id)
            try store.run("DELETE FROM passkey WHERE tenant = ?", id)
            try store.run("DELETE FROM identity WHERE tenant = ?", id)
            try store.run("DELETE FROM invitation WHERE tenant = ?", id)
            return tenant
        }
    }

    package nonisolated func changeQuotas(
        of id: Tenant.ID,
        _ change: @escaping @Sendable (inout TenantQuotas) -> Void
    ) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in
            guard var quotas = try store.tenant(id)?.quotas else {
                throw .notFound(what: "tenant")
            }
            change(&quotas)
            try store.setQuotas(quotas, of: id)
            guard let tenant = try store.tenant(id) else { throw .notFound(what: "tenant") }
            return tenant
        }
    }

    package nonisolated func chooseLanguage(
        _ code: String?,
        of id: Tenant.ID
    ) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in
            try store.update(
                id,
                "UPDATE tenant SET language = ? WHERE id = ? AND state <> 'removed'",
                code
            )
        }
    }

    package nonisolated func hearLanguage(
        _ code: String,
        of id: Tenant.ID
    ) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in
            try store.update(
                id,
                "UPDATE tenant SET heard_language = ? WHERE id = ? AND state <> 'removed'",
                code
            )
        }
    }

    package nonisolated func display(
        _ name: String?,
        for id: Tenant.ID
    ) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in
            try store.update(
                id,
                "UPDATE tenant SET display = ? WHERE id = ? AND state <> 'removed'",
                name
            )
        }
    }

    package nonisolated func setOutlines(
        _ isOn: Bool,
        of id: Tenant.ID
    ) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in
            try store.run(
                "UPDATE tenant SET outlines = ? WHERE id = ? AND state <> 'removed'",
                isOn,
                id
            )
            guard let tenant = try store.tenant(id), tenant.state != .removed else {
                throw .notFound(what: "tenant")
            }
            return tenant
        }
    }
}
