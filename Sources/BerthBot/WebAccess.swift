package import BerthLoop
package import BerthStore

/// Login links, and the web logins (cookies) that they turn into.
///
/// The logins are kept in memory by the ``TenantDirectory``. Each change is committed to the
/// database first.
@Loop package final class WebAccess {
    private let database: Database
    private let tenants: TenantDirectory
    private let url: String
    private let clock: any Clock

    private static nonisolated let linkLife = Duration.seconds(24 * 3600)
    private static nonisolated let cookieLife = Duration.seconds(90 * 86400)

    /// Makes the access.
    ///
    /// `url` is the service's public address, without a slash at its end.
    package init(database: Database, tenants: TenantDirectory, url: String, clock: any Clock) {
        self.database = database
        self.tenants = tenants
        self.url = url
        self.clock = clock
    }

    /// Makes a link that logs in as `tenant` once, within a day.
    package func link(for tenant: LiveTenant) async throws(BotError) -> String {
        let (secret, now, id) = (Secret256(), clock.timestamp, tenant.row.id)
        try await database.change { (connection) throws(StoreError) in
            try connection.addLink(
                for: .tenant(id),
                hash: secret.hash,
                at: now,
                expires: now + WebAccess.linkLife
            )
        }
        return "\(url)/login?token=\(secret.text)"
    }

    /// Uses a link's token up.
    ///
    /// A login beyond ``Connection/loginsAtMost`` ends the tenant's oldest.
    ///
    /// - Returns: the cookie's value, or nil if the token is unknown, used or expired.
    package func login(token: String) async throws(BotError) -> String? {
        let (cookie, now, hash) = (Secret256(), clock.timestamp, Secret256.hash(token))
        let expires = now + WebAccess.cookieLife
        let owner = try await database.change { (connection) throws(StoreError) -> LoginOwner? in
            guard let owner = try connection.useLink(hash: hash, at: now) else { return nil }
            try connection.addLogin(for: owner, hash: cookie.hash, at: now, expires: expires)
            return owner
        }
        guard let owner else { return nil }
        remember(Login(hash: cookie.hash, owner: owner, expires: expires), at: now)
        return cookie.text
    }

    /// Keeps in memory the logins that the database keeps.
    private func remember(_ login: Login, at now: Timestamp) {
        tenants.logins.end(tenants.logins.all.filter { $0.isExpired(at: now) })
        tenants.remember(login)
        guard case .tenant(let id) = login.owner, let tenant = tenants.tenant(id) else { return }
        let own = tenants.logins.all(of: tenant)
        tenants.logins.end(own.dropLast(Connection.loginsAtMost))
    }

    /// The credential of a cookie, or nil if the cookie is unknown, expired or revoked.
    ///
    /// The tenant may be suspended.
    package func credential(ofCookie cookie: String) -> Credential? {
        guard let login = tenants.logins.find(cookie) else { return nil }
        return login.isExpired(at: clock.timestamp) ? nil : login
    }

    /// Ends the cookie's login and the requests that it admitted.
    package func logout(cookie: String) async throws(BotError) {
        let (hash, now) = (Secret256.hash(cookie), clock.timestamp)
        _ = try await database.change { (connection) throws(StoreError) in
            try connection.revokeLogin(hash: hash, at: now)
        }
        if let login = tenants.logins.find(cookie) { tenants.logins.end([login]) }
    }

    /// Ends all web logins of a tenant, the requests that they admitted, and its unused links.
    ///
    /// - Returns: how many logins were in force.
    package func logout(_ tenant: LiveTenant) async throws(BotError) -> Int {
        let (now, id) = (clock.timestamp, tenant.row.id)
        let count = try await database.change { (connection) throws(StoreError) in
            try connection.revokeLogins(of: .tenant(id), at: now)
        }
        tenants.logins.end(tenants.logins.all(of: tenant))
        return count
    }
}
