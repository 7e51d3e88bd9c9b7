package import BerthLoop

/// A login on the web that is in force.
///
/// The store knows only the hash of its cookie.
package struct Login: Equatable, Sendable {
    /// SHA-256 of the cookie, 32 bytes.
    package let hash: [UInt8]
    /// The person that it stands for.
    package let owner: LoginOwner
    /// The login is refused from then on.
    package let expires: Timestamp

    /// Makes a login.
    package init(hash: [UInt8], owner: LoginOwner, expires: Timestamp) {
        self.hash = hash
        self.owner = owner
        self.expires = expires
    }
}

extension Connection {
    /// Logins of one owner that are in force; a further one ends the oldest.
    package static var loginsAtMost: Int { 64 }

    /// Adds a login by the SHA-256 (32 bytes) of its cookie; from `expires` on it is refused.
    ///
    /// Deletes all logins whose time is over, and of the owner's those that are revoked and all but
    /// the newest ``loginsAtMost``.
    package func addLogin(
        for owner: LoginOwner,
        hash: [UInt8],
        at now: Timestamp,
        expires: Timestamp
    ) throws(StoreError) {
        try run(
            """
            DELETE FROM web_login WHERE expires_ms <= ?1 OR tenant IS ?2 AND (
                revoked_ms IS NOT NULL OR id NOT IN (
                    SELECT id FROM web_login WHERE tenant IS ?2 AND revoked_ms IS NULL
                    ORDER BY id DESC LIMIT ?3))
            """,
            now,
            owner.tenant,
            Connection.loginsAtMost - 1
        )
        try run(
            "INSERT INTO web_login (tenant, hash, created_ms, expires_ms) VALUES (?, ?, ?, ?)",
            owner.tenant,
            hash,
            now,
            expires
        )
    }

    /// Whose cookie it is: nil for one that is unknown, revoked or expired.
    ///
    /// The tenant may be suspended.
    package func login(hash: [UInt8], at now: Timestamp) throws(StoreError) -> LoginOwner? {
        try first(
            """
            SELECT tenant FROM web_login
            WHERE hash = ? AND revoked_ms IS NULL AND expires_ms > ?
            """,
            hash,
            now
        ) { row throws(StoreError) in LoginOwner(row.idOrNil(0)) }
    }

    /// All logins that are in force, oldest first.
    package func logins(at now: Timestamp) throws(StoreError) -> [Login] {
        try all(
            """
            SELECT hash, tenant, expires_ms FROM web_login
            WHERE revoked_ms IS NULL AND expires_ms > ? ORDER BY id
            """,
            now
        ) { row throws(StoreError) in
            Login(
                hash: row.bytes(0),
                owner: LoginOwner(row.idOrNil(1)),
                expires: row.timestamp(2)
            )
        }
    }

    /// Ends one login: on logging out.
    ///
    /// - Returns: whether it was in force.
    @discardableResult
    package func revokeLogin(hash: [UInt8], at now: Timestamp) throws(StoreError) -> Bool {
        try run(
            "UPDATE web_login SET revoked_ms = ? WHERE hash = ? AND revoked_ms IS NULL",
            now,
            hash
        )
            > 0
    }

    /// Ends every login of one owner, and its unused links.
    ///
    /// - Returns: how many logins were in force.
    @discardableResult
    package func revokeLogins(of owner: LoginOwner, at now: Timestamp) throws(StoreError) -> Int {
        try run("DELETE FROM web_link WHERE tenant IS ?", owner.tenant)
        return try run(
            """
            UPDATE web_login SET revoked_ms = ?1
            WHERE tenant IS ?2 AND revoked_ms IS NULL AND expires_ms > ?1
            """,
            now,
            owner.tenant
        )
    }
}
