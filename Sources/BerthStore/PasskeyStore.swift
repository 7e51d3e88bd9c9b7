package import BerthLoop

/// Verbs for passkeys.
package protocol PasskeyStore: Sendable {
    /// Adds a passkey to a tenant.
    ///
    /// - Returns: the passkey, or nil if the tenant has ``Database/passkeysAtMost``.
    /// - Throws: ``StoreError/notFound(what:)`` if the tenant is removed,
    ///   ``StoreError/exists(what:)`` if the credential is known.
    func addPasskey(
        _ draft: PasskeyDraft,
        for tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> Passkey?

    /// A tenant's passkeys, oldest first.
    func passkeys(of tenant: Tenant.ID) async throws(StoreError) -> [Passkey]

    /// The passkey of a credential, or nil if it is unknown.
    func passkey(credential: [UInt8]) async throws(StoreError) -> Passkey?

    /// Names a passkey of a tenant.
    ///
    /// - Returns: whether the tenant has it.
    func renamePasskey(
        _ id: Passkey.ID,
        of tenant: Tenant.ID,
        _ name: String
    ) async throws(StoreError) -> Bool

    /// Deletes a passkey of a tenant.
    ///
    /// - Returns: whether the tenant had it.
    func deletePasskey(_ id: Passkey.ID, of tenant: Tenant.ID) async throws(StoreError) -> Bool

    /// Makes the login of a signature, and keeps the authenticator's count.
    ///
    /// Deletes the same logins as ``LoginStore/useLink(_:for:on:at:expires:)``.
    ///
    /// - Parameters:
    ///   - id: the passkey that signed.
    ///   - count: the authenticator's count: more than the stored one, unless both are 0.
    ///   - login: the login to make.
    ///   - now: the time of the call.
    /// - Returns: whether it was made. It is not if the passkey is deleted, the count is not new, or
    ///   the tenant is suspended.
    /// - Throws: ``StoreError`` as every verb does.
    func usePasskey(
        _ id: Passkey.ID,
        count: Int64,
        for login: Login,
        at now: Timestamp
    ) async throws(StoreError) -> Bool
}

extension Database {
    /// Passkeys of one tenant.
    package static var passkeysAtMost: Int { 32 }
}

extension Connection {
    private func passkeyCount(of tenant: Tenant.ID) throws(StoreError) -> Int {
        try first("SELECT count(*) FROM passkey WHERE tenant = ?", tenant) {
            row throws(StoreError) in row.int(0)
        } ?? 0
    }

    func addPasskey(
        _ draft: PasskeyDraft,
        for tenant: Tenant.ID,
        at now: Timestamp
    ) throws(StoreError) -> Passkey? {
        try requirePresent(tenant)
        guard try passkeyCount(of: tenant) < Database.passkeysAtMost else { return nil }
        let id: Passkey.ID = try insert(
            """
            INSERT INTO passkey (tenant, credential, key, count, name, created_ms)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            tenant,
            draft.credential,
            draft.key,
            draft.count,
            draft.name,
            now
        )
        return Passkey(
            id: id,
            tenant: tenant,
            credential: draft.credential,
            key: draft.key,
            count: draft.count,
            name: draft.name,
            created: now,
            used: nil
        )
    }
}

extension Database: PasskeyStore {
    package nonisolated func addPasskey(
        _ draft: PasskeyDraft,
        for tenant: Tenant.ID,
        at now: Timestamp
    ) async throws(StoreError) -> Passkey? {
        try await write { store throws(StoreError) in
            try store.addPasskey(draft, for: tenant, at: now)
        }
    }

    package nonisolated func passkeys(
        of tenant: Tenant.ID
    ) async throws(StoreError) -> [Passkey] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT id, tenant, credential, key, count, name, created_ms, used_ms FROM passkey
                WHERE tenant = ? ORDER BY id
                """,
                tenant
            ) { row throws(StoreError) in Passkey(row) }
        }
    }

    package nonisolated func passkey(
        credential: [UInt8]
    ) async throws(StoreError) -> Passkey? {
        try await read { store throws(StoreError) in
            try store.first(
                """
                SELECT id, tenant, credential, key, count, name, created_ms, used_ms FROM passkey
                WHERE credential = ?
                """,
                credential
            ) { row throws(StoreError) in Passkey(row) }
        }
    }

    package nonisolated func renamePasskey(
        _ id: Passkey.ID,
        of tenant: Tenant.ID,
        _ name: String
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                "UPDATE passkey SET name = ? WHERE id = ? AND tenant = ?",
                name,
                id,
                tenant
            ) > 0
        }
    }

    package nonisolated func deletePasskey(
        _ id: Passkey.ID,
        of tenant: Tenant.ID
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run("DELETE FROM passkey WHERE id = ? AND tenant = ?", id, tenant) > 0
        }
    }

    package nonisolated func usePasskey(
        _ id: Passkey.ID,
        count: Int64,
        for login: Login,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            let changed = try store.run(
                """
                UPDATE passkey SET count = ?1, used_ms = ?2
                WHERE id = ?3 AND tenant IS ?4 AND (count < ?1 OR count = 0 AND ?1 = 0)
                    AND EXISTS (SELECT 1 FROM tenant
                        WHERE tenant.id = passkey.tenant AND state = 'active')
                """,
                count,
                now,
                id,
                login.owner.tenant
            )
            guard changed > 0 else { return false }
            try store.addLogin(login, at: now)
            return true
        }
    }
}
