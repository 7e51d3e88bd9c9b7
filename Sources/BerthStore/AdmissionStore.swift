package import BerthLoop

/// Verbs for the ways in which people of channels become tenants: invitations and requests.
package protocol AdmissionStore: Sendable {
    /// Adds an invitation by the SHA-256 (32 bytes) of its code. It is refused from `expires` on.
    ///
    /// Deletes all invitations that have expired or were used, and the oldest ones beyond
    /// ``Database/invitationsAtMost``.
    ///
    /// - Parameters:
    ///   - tenant: the tenant that the user of the code becomes. nil for a new one.
    ///   - hash: SHA-256 of the code.
    ///   - now: the time of the call.
    ///   - expires: the end.
    /// - Throws: ``StoreError/exists(what:)`` if the hash is known, ``StoreError/notFound(what:)`` if
    ///   the tenant is removed.
    func addInvitation(
        to tenant: Tenant.ID?,
        hash: [UInt8],
        at now: Timestamp,
        expires: Timestamp
    ) async throws(StoreError)

    /// Uses an invitation up: the person becomes its tenant, or a new one called `name`.
    ///
    /// Of any number of callers with one code, one gets in. A request of the person is deleted.
    ///
    /// - Returns: the tenant. nil for a code that is unknown, used or expired.
    /// - Throws: ``StoreError/exists(what:)`` if the person is a tenant already,
    ///   ``StoreError/nameTaken(_:)``. The code stays unused then.
    func useInvitation(
        _ hash: [UInt8],
        by person: Person,
        named name: String,
        at now: Timestamp
    ) async throws(StoreError) -> Tenant?

    /// Makes a person a new tenant called `name`, and deletes a request of the person.
    ///
    /// - Throws: ``StoreError/exists(what:)`` if the person is a tenant already,
    ///   ``StoreError/nameTaken(_:)``.
    func admit(
        _ person: Person,
        named name: String,
        at now: Timestamp
    ) async throws(StoreError) -> Tenant

    /// Writes a request down, or returns the person's earlier one.
    ///
    /// - Returns: the request, and whether it is new. nil if ``Database/requestsAtMost`` wait.
    func addRequest(
        of person: Person,
        at place: Place,
        named name: String,
        at now: Timestamp
    ) async throws(StoreError) -> (request: AccessRequest, isNew: Bool)?

    /// All requests, oldest first.
    func requests() async throws(StoreError) -> [AccessRequest]

    /// The active tenants that have a link or an invitation in force, and that nobody has been yet.
    func invitedTenants(at now: Timestamp) async throws(StoreError) -> Set<Tenant.ID>

    /// Refuses a request, which stays.
    ///
    /// - Returns: whether it waited.
    func refuseRequest(_ id: AccessRequest.ID) async throws(StoreError) -> Bool
}

extension Database {
    /// Unused invitations.
    ///
    /// A further one revokes the oldest.
    package static var invitationsAtMost: Int { 256 }

    /// Requests that are kept, refused ones included.
    package static var requestsAtMost: Int { 256 }
}

extension Connection {
    fileprivate func addInvitation(
        to tenant: Tenant.ID?,
        hash: [UInt8],
        at now: Timestamp,
        expires: Timestamp
    ) throws(StoreError) {
        if let tenant { try requirePresent(tenant) }
        try run(
            """
            DELETE FROM invitation WHERE expires_ms <= ?1 OR id NOT IN (
                SELECT id FROM invitation ORDER BY id DESC LIMIT ?2)
            """,
            now,
            Database.invitationsAtMost - 1
        )
        try run(
            "INSERT INTO invitation (tenant, hash, created_ms, expires_ms) VALUES (?, ?, ?, ?)",
            tenant,
            hash,
            now,
            expires
        )
    }

    fileprivate func useInvitation(
        _ hash: [UInt8],
        by person: Person,
        named name: String,
        at now: Timestamp
    ) throws(StoreError) -> Tenant? {
        let owner = try first(
            "DELETE FROM invitation WHERE hash = ? AND expires_ms > ? RETURNING tenant",
            hash,
            now
        ) { row throws(StoreError) in row.idOrNil(0) as Tenant.ID? }
        guard let owner else { return nil }
        guard let known = owner else { return try admit(person, named: name, at: now) }
        try requirePresent(known)
        try add(person, to: known, at: now)
        return try tenant(known)
    }

    fileprivate func admit(
        _ person: Person,
        named name: String,
        at now: Timestamp
    ) throws(StoreError) -> Tenant {
        let tenant = try addTenant(named: name, at: now)
        try add(person, to: tenant.id, at: now)
        return tenant
    }

    private func add(
        _ person: Person,
        to tenant: Tenant.ID,
        at now: Timestamp
    ) throws(StoreError) {
        try run(
            "INSERT INTO identity (tenant, channel, external, created_ms) VALUES (?, ?, ?, ?)",
            tenant,
            person.channel,
            person.external,
            now
        )
        try run(
            "DELETE FROM access_request WHERE channel = ? AND external = ?",
            person.channel,
            person.external
        )
    }

    fileprivate func addRequest(
        of person: Person,
        at place: Place,
        named name: String,
        at now: Timestamp
    ) throws(StoreError) -> (request: AccessRequest, isNew: Bool)? {
        if let known = try request(of: person) { return (known, false) }
        let added = try run(
            """
            INSERT INTO access_request (channel, external, chat, name, created_ms)
            SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM access_request) < ?
            """,
            person.channel,
            person.external,
            place.chat,
            name,
            now,
            Database.requestsAtMost
        )
        guard added > 0, let request = try request(of: person) else { return nil }
        return (request, true)
    }

    private func request(of person: Person) throws(StoreError) -> AccessRequest? {
        try first(
            """
            SELECT id, channel, external, chat, name, refused, created_ms FROM access_request
            WHERE channel = ? AND external = ?
            """,
            person.channel,
            person.external
        ) { row throws(StoreError) in try AccessRequest(row) }
    }

    fileprivate func requests() throws(StoreError) -> [AccessRequest] {
        try all(
            """
            SELECT id, channel, external, chat, name, refused, created_ms FROM access_request
            ORDER BY id
            """
        ) { row throws(StoreError) in try AccessRequest(row) }
    }
}

extension Database: AdmissionStore {
    package nonisolated func invitedTenants(
        at now: Timestamp
    ) async throws(StoreError) -> Set<Tenant.ID> {
        try await read { store throws(StoreError) in
            Set(
                try store.all(
                    """
                    SELECT id FROM tenant WHERE state = 'active'
                        AND (EXISTS (SELECT 1 FROM web_link
                                WHERE web_link.tenant = tenant.id
                                    AND used_ms IS NULL AND expires_ms > ?1)
                            OR EXISTS (SELECT 1 FROM invitation
                                WHERE invitation.tenant = tenant.id AND expires_ms > ?1))
                        AND NOT EXISTS (SELECT 1 FROM identity WHERE identity.tenant = tenant.id)
                        AND NOT EXISTS (SELECT 1 FROM web_login WHERE web_login.tenant = tenant.id)
                        AND NOT EXISTS (SELECT 1 FROM passkey WHERE passkey.tenant = tenant.id)
                        AND NOT EXISTS (SELECT 1 FROM usage_day WHERE usage_day.tenant = tenant.id)
                        AND NOT EXISTS (SELECT 1 FROM turn WHERE turn.tenant = tenant.id)
                    """,
                    now
                ) { row throws(StoreError) in row.id(0) as Tenant.ID }
            )
        }
    }

    package nonisolated func addInvitation(
        to tenant: Tenant.ID?,
        hash: [UInt8],
        at now: Timestamp,
        expires: Timestamp
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.addInvitation(to: tenant, hash: hash, at: now, expires: expires)
        }
    }

    package nonisolated func useInvitation(
        _ hash: [UInt8],
        by person: Person,
        named name: String,
        at now: Timestamp
    ) async throws(StoreError) -> Tenant? {
        try await write { store throws(StoreError) in
            try store.useInvitation(hash, by: person, named: name, at: now)
        }
    }

    package nonisolated func admit(
        _ person: Person,
        named name: String,
        at now: Timestamp
    ) async throws(StoreError) -> Tenant {
        try await write { store throws(StoreError) in
            try store.admit(person, named: name, at: now)
        }
    }

    package nonisolated func addRequest(
        of person: Person,
        at place: Place,
        named name: String,
        at now: Timestamp
    ) async throws(StoreError) -> (request: AccessRequest, isNew: Bool)? {
        try await write { store throws(StoreError) in
            try store.addRequest(of: person, at: place, named: name, at: now)
        }
    }

    package nonisolated func requests() async throws(StoreError) -> [AccessRequest] {
        try await read { store throws(StoreError) in try store.requests() }
    }

    package nonisolated func refuseRequest(
        _ id: AccessRequest.ID
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                "UPDATE access_request SET refused = 1 WHERE id = ? AND refused = 0",
                id
            ) > 0
        }
    }
}
