package import BerthLoop
package import BerthStore
package import BerthTelemetry
import BerthText
package import BerthWork

/// Login links, and the web logins (cookies) that they are exchanged for.
///
/// The ``TenantDirectory`` keeps the logins in memory. Each change is committed to the database
/// first.
@Loop package final class WebAccess {
    private let store: any Store
    private let tenants: TenantDirectory
    private let url: String
    private let surroundings: Surroundings

    private static nonisolated let linkLife = Duration.seconds(24 * 3600)
    private static nonisolated let cookieLife = Duration.seconds(90 * 86400)

    /// Makes the access.
    ///
    /// `url` is the service's public URL without a slash at its end.
    package init(
        store: any Store,
        tenants: TenantDirectory,
        url: String,
        in surroundings: Surroundings
    ) {
        self.store = store
        self.tenants = tenants
        self.url = url
        self.surroundings = surroundings
    }

    /// Makes a link that logs in as `tenant` once, within a day.
    package func link(for tenant: LiveTenant) async throws(BotError) -> String {
        let (secret, now, id) = (
            Secret256(from: surroundings.entropy), surroundings.clock.timestamp, tenant.row.id
        )
        try await withBotErrors { () async throws(StoreError) in
            try await store.addLink(
                for: .tenant(id),
                hash: secret.hash,
                at: now,
                expires: now + WebAccess.linkLife
            )
        }
        return "\(url)/login?token=\(secret.text)"
    }

    /// Exchanges a link's token for a login.
    ///
    /// A login beyond ``Database/loginsAtMost`` ends the tenant's oldest.
    ///
    /// - Returns: the cookie's value, or nil if the token is unknown, used or expired.
    package func login(token: String) async throws(BotError) -> String? {
        let (cookie, hash) = (Secret256(from: surroundings.entropy), Secret256.hash(token))
        let now = surroundings.clock.timestamp
        let login = try await withBotErrors { () async throws(StoreError) in
            try await store.useLink(
                hash,
                for: cookie.hash,
                at: now,
                expires: now + WebAccess.cookieLife
            )
        }
        guard let login else { return nil }
        remember(login, at: now)
        return cookie.text
    }

    /// Adds a login in memory, and drops those that the database has dropped.
    private func remember(_ login: Login, at now: Timestamp) {
        tenants.logins.end(tenants.logins.all.filter { $0.isExpired(at: now) })
        tenants.remember(login)
        guard case .tenant(let id) = login.owner, let tenant = tenants.tenant(id) else { return }
        let own = tenants.logins.all(of: tenant)
        tenants.logins.end(own.dropLast(Database.loginsAtMost))
    }

    /// The credential of a cookie, or nil if the cookie is unknown, expired or revoked.
    ///
    /// The tenant may be suspended.
    package func credential(ofCookie cookie: String) -> Credential? {
        guard let login = tenants.logins.find(cookie) else { return nil }
        return login.isExpired(at: surroundings.clock.timestamp) ? nil : login
    }

    /// Ends the cookie's login and the requests that it admitted.
    package func logout(cookie: String) async throws(BotError) {
        let (hash, now) = (Secret256.hash(cookie), surroundings.clock.timestamp)
        try await withBotErrors { () async throws(StoreError) in
            _ = try await store.revokeLogin(hash: hash, at: now)
        }
        if let login = tenants.logins.find(cookie) { tenants.logins.end([login]) }
    }

    /// The logins of a tenant that are in force, oldest first.
    package func logins(of tenant: LiveTenant) -> [Login] {
        let now = surroundings.clock.timestamp
        return tenants.logins.all(of: tenant).filter { !$0.isExpired(at: now) }
            .compactMap(\.login)
    }

    /// The name of a login in lists, which reveals nothing of its cookie.
    package static nonisolated func hint(of login: Login) -> String {
        login.hash.hex.cut(toBytes: 8)
    }

    /// Ends the web login of a tenant with that hint, and the requests that it admitted.
    ///
    /// - Throws: ``BotError/badValue(_:)`` if the tenant has no such login.
    package func logout(_ tenant: LiveTenant, login hint: String) async throws(BotError) {
        let own = tenants.logins.all(of: tenant)
        guard let found = own.first(where: { $0.login.map(WebAccess.hint) == hint }) else {
            throw .badValue(
                "'\(tenant.name)' has no such login: see 'berth tenant logins \(tenant.name)'"
            )
        }
        let (hash, now) = (found.hash, surroundings.clock.timestamp)
        try await withBotErrors { () async throws(StoreError) in
            _ = try await store.revokeLogin(hash: hash, at: now)
        }
        tenants.logins.end([found])
    }

    /// Ends all web logins of a tenant, the requests that they admitted, and its unused links.
    ///
    /// - Returns: the number of logins that were in force.
    package func logout(_ tenant: LiveTenant) async throws(BotError) -> Int {
        let (now, id) = (surroundings.clock.timestamp, tenant.row.id)
        let count = try await withBotErrors { () async throws(StoreError) in
            try await store.revokeLogins(of: .tenant(id), at: now)
        }
        tenants.logins.end(tenants.logins.all(of: tenant))
        return count
    }
}
