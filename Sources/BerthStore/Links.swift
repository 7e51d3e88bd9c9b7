package import BerthLoop

/// Whom a login link or a cookie stands for.
package enum LoginOwner: Hashable, Sendable {
    /// The operator, on the dashboard.
    case admin
    case tenant(Tenant.ID)
}

extension LoginOwner {
    /// The column `tenant`: NULL for the operator.
    var tenant: Tenant.ID? {
        switch self {
        case .admin: nil
        case .tenant(let id): id
        }
    }

    init(_ tenant: Tenant.ID?) { self = tenant.map { .tenant($0) } ?? .admin }
}

extension Connection {
    /// Unused login links of one owner; a further one revokes the oldest.
    package static var linksAtMost: Int { 16 }

    /// Adds a login link by the SHA-256 (32 bytes) of its token; from `expires` on it is refused.
    ///
    /// Deletes all links whose time is over, and of the owner's those that are used and all but the
    /// newest ``linksAtMost``.
    package func addLink(
        for owner: LoginOwner,
        hash: [UInt8],
        at now: Timestamp,
        expires: Timestamp
    ) throws(StoreError) {
        try run(
            """
            DELETE FROM web_link WHERE expires_ms <= ?1 OR tenant IS ?2 AND (
                used_ms IS NOT NULL OR id NOT IN (
                    SELECT id FROM web_link WHERE tenant IS ?2 AND used_ms IS NULL
                    ORDER BY id DESC LIMIT ?3))
            """,
            now,
            owner.tenant,
            Connection.linksAtMost - 1
        )
        try run(
            "INSERT INTO web_link (tenant, hash, created_ms, expires_ms) VALUES (?, ?, ?, ?)",
            owner.tenant,
            hash,
            now,
            expires
        )
    }

    /// Uses a login link up: of any number of callers, one gets the owner.
    ///
    /// - Returns: nil for a link that is unknown, used or expired, or whose tenant is suspended
    ///   (it then stays unused).
    package func useLink(hash: [UInt8], at now: Timestamp) throws(StoreError) -> LoginOwner? {
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
}
