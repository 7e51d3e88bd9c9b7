package import BerthLoop
package import BerthStore

/// Login links and the cookies that they turn into.
@Loop package final class WebAccess {
    private let store: any Store
    private let tenants: TenantDirectory
    private let url: String
    private let clock: any Clock

    private static nonisolated let linkLife = Duration.seconds(24 * 3600)
    private static nonisolated let cookieLife = Duration.seconds(90 * 86400)

    /// Makes the access; `url` is as people reach the service, without a slash at its end.
    package init(store: any Store, tenants: TenantDirectory, url: String, clock: any Clock) {
        self.store = store
        self.tenants = tenants
        self.url = url
        self.clock = clock
    }

    /// A new link that logs in as `tenant` once, within a day.
    package func link(for tenant: LiveTenant) async throws(BotError) -> String {
        let (secret, now, id) = (Secret256(), clock.timestamp, tenant.row.id)
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

    /// Uses a link's token up.
    ///
    /// - Returns: the cookie's value; nil when the token is unknown, used or expired.
    package func login(token: String) async throws(BotError) -> String? {
        let (cookie, now, hash) = (Secret256(), clock.timestamp, Secret256.hash(token))
        let login = try await withBotErrors { () async throws(StoreError) in
            try await store.useLink(
                hash,
                for: cookie.hash,
                at: now,
                expires: now + WebAccess.cookieLife
            )
        }
        return login == nil ? nil : cookie.text
    }

    /// Whose cookie it is; nil when it is unknown, expired or revoked.
    package func tenant(cookie: String) async throws(BotError) -> LiveTenant? {
        let (hash, now) = (Secret256.hash(cookie), clock.timestamp)
        let login = try await withBotErrors { () async throws(StoreError) in
            try await store.login(hash: hash, at: now)
        }
        guard case .tenant(let id) = login?.owner else { return nil }
        return tenants.tenant(id)
    }

    /// Ends the cookie's login.
    package func logout(cookie: String) async throws(BotError) {
        let (hash, now) = (Secret256.hash(cookie), clock.timestamp)
        try await withBotErrors { () async throws(StoreError) in
            _ = try await store.revokeLogin(hash: hash, at: now)
        }
    }
}
