package import BerthLoop

/// Verbs for login links and for the logins on the web that they turn into.
package protocol LoginStore: Sendable {
    /// Adds a login link by the SHA-256 (32 bytes) of its token. It is refused from `expires` on.
    ///
    /// Deletes all links that have expired. Of the owner's links, deletes the used ones and all
    /// except the newest ``Database/linksAtMost``.
    ///
    /// - Throws: ``StoreError/exists(what:)`` if the hash is known.
    func addLink(
        for owner: LoginOwner,
        hash: [UInt8],
        at now: Timestamp,
        expires: Timestamp
    ) async throws(StoreError)

    /// Uses a login link up and makes a login of the same owner. Of any number of callers with one
    /// link, one gets a login.
    ///
    /// Deletes all logins that have expired. Of the owner's logins, deletes the revoked ones and all
    /// except the newest ``Database/loginsAtMost``.
    ///
    /// - Parameters:
    ///   - link: SHA-256 of the link's token.
    ///   - cookie: SHA-256 of the new login's cookie.
    ///   - device: the browser and the system, "" if they are not known.
    ///   - now: the time of the call.
    ///   - expires: the login is refused from then on.
    /// - Returns: the login. nil for a link that is unknown, used or expired, or whose tenant is
    ///   suspended. The link of a suspended tenant stays unused.
    /// - Throws: ``StoreError`` as every verb does.
    func useLink(
        _ link: [UInt8],
        for cookie: [UInt8],
        on device: String,
        at now: Timestamp,
        expires: Timestamp
    ) async throws(StoreError) -> Login?

    /// The login of a cookie, by its SHA-256. nil for one that is unknown, revoked or expired.
    ///
    /// The tenant may be suspended.
    func login(hash: [UInt8], at now: Timestamp) async throws(StoreError) -> Login?

    /// All logins that are in force, oldest first.
    func logins(at now: Timestamp) async throws(StoreError) -> [Login]

    /// Ends one login, for a person who logs out.
    ///
    /// - Returns: whether it was in force.
    @discardableResult
    func revokeLogin(hash: [UInt8], at now: Timestamp) async throws(StoreError) -> Bool

    /// Ends every login of one owner, and its unused links.
    ///
    /// - Returns: how many logins were in force.
    @discardableResult
    func revokeLogins(of owner: LoginOwner, at now: Timestamp) async throws(StoreError) -> Int
}

extension Database {
    /// Unused login links of one owner.
    ///
    /// A further one revokes the oldest.
    package static var linksAtMost: Int { 16 }

    /// Logins of one owner that are in force.
    ///
    /// A further one ends the oldest.
    package static var loginsAtMost: Int { 64 }
}

extension Connection {
    func useLink(hash: [UInt8], at now: Timestamp) throws(StoreError) -> LoginOwner? {
        try first(
            """
            UPDATE web_link SET used_ms = ?1
            WHERE hash = ?2 AND used_ms IS NULL AND expires_ms > ?1 AND (tenant IS NULL OR EXISTS (
                SELECT 1 FROM tenant WHERE tenant.id = web_link.tenant AND state = 'active'))
            RETURNING tenant
            """,
            now,
            hash
        ) { row throws(StoreError) in LoginOwner(row.idOrNil(0)) }
    }

    func addLogin(_ login: Login, at now: Timestamp) throws(StoreError) {
        try run(
            """
            DELETE FROM web_login WHERE expires_ms <= ?1 OR tenant IS ?2 AND (
                revoked_ms IS NOT NULL OR id NOT IN (
                    SELECT id FROM web_login WHERE tenant IS ?2 AND revoked_ms IS NULL
                    ORDER BY id DESC LIMIT ?3))
            """,
            now,
            login.owner.tenant,
            Database.loginsAtMost - 1
        )
        try run(
            """
            INSERT INTO web_login (tenant, hash, created_ms, expires_ms, device)
            VALUES (?, ?, ?, ?, ?)
            """,
            login.owner.tenant,
            login.hash,
            now,
            login.expires,
            login.device
        )
    }
}

extension Login {
    fileprivate init(_ row: borrowing Row) {
        hash = row.bytes(0)
        owner = LoginOwner(row.idOrNil(1))
        created = row.timestamp(2)
        expires = row.timestamp(3)
        device = row.text(4)
    }
}

extension Database: LoginStore {
    package nonisolated func addLink(
        for owner: LoginOwner,
        hash: [UInt8],
        at now: Timestamp,
        expires: Timestamp
    ) async throws(StoreError) {
        try await write { store throws(StoreError) in
            try store.run(
                """
                DELETE FROM web_link WHERE expires_ms <= ?1 OR tenant IS ?2 AND (
                    used_ms IS NOT NULL OR id NOT IN (
                        SELECT id FROM web_link WHERE tenant IS ?2 AND used_ms IS NULL
                        ORDER BY id DESC LIMIT ?3))
                """,
                now,
                owner.tenant,
                Database.linksAtMost - 1
            )
            try store.run(
                "INSERT INTO web_link (tenant, hash, created_ms, expires_ms) VALUES (?, ?, ?, ?)",
                owner.tenant,
                hash,
                now,
                expires
            )
        }
    }

    package nonisolated func useLink(
        _ link: [UInt8],
        for cookie: [UInt8],
        on device: String,
        at now: Timestamp,
        expires: Timestamp
    ) async throws(StoreError) -> Login? {
        try await write { store throws(StoreError) in
            guard let owner = try store.useLink(hash: link, at: now) else { return nil }
            let login = Login(
                hash: cookie,
                owner: owner,
                created: now,
                expires: expires,
                device: device
            )
            try store.addLogin(login, at: now)
            return login
        }
    }

    package nonisolated func login(
        hash: [UInt8],
        at now: Timestamp
    ) async throws(StoreError) -> Login? {
        try await read { store throws(StoreError) in
            try store.first(
                """
                SELECT hash, tenant, created_ms, expires_ms, device FROM web_login
                WHERE hash = ? AND revoked_ms IS NULL AND expires_ms > ?
                """,
                hash,
                now
            ) { row throws(StoreError) in Login(row) }
        }
    }

    package nonisolated func logins(at now: Timestamp) async throws(StoreError) -> [Login] {
        try await read { store throws(StoreError) in
            try store.all(
                """
                SELECT hash, tenant, created_ms, expires_ms, device FROM web_login
                WHERE revoked_ms IS NULL AND expires_ms > ? ORDER BY id
                """,
                now
            ) { row throws(StoreError) in Login(row) }
        }
    }

    @discardableResult
    package nonisolated func revokeLogin(
        hash: [UInt8],
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in
            try store.run(
                """
                UPDATE web_login SET revoked_ms = ?1
                WHERE hash = ?2 AND revoked_ms IS NULL AND expires_ms > ?1
                """,
                now,
                hash
            ) > 0
        }
    }

    @discardableResult
    package nonisolated func revokeLogins(
        of owner: LoginOwner,
        at now: Timestamp
    ) async throws(StoreError) -> Int {
        try await write { store throws(StoreError) in
            try store.run("DELETE FROM web_link WHERE tenant IS ?", owner.tenant)
            return try store.run(
                """
                UPDATE web_login SET revoked_ms = ?1
                WHERE tenant IS ?2 AND revoked_ms IS NULL AND expires_ms > ?1
                """,
                now,
                owner.tenant
            )
        }
    }
}
