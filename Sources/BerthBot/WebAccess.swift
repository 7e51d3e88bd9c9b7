package import BerthLoop
package import BerthStore
package import BerthTelemetry
import BerthText

/// Login links and the cookies that they turn into.
@Loop package final class WebAccess {
    private let database: Database
    private let tenants: TenantDirectory
    private let url: String
    private let surroundings: Surroundings

    private static nonisolated let linkLife = Duration.seconds(24 * 3600)
    private static nonisolated let cookieLife = Duration.seconds(90 * 86400)

    /// Makes the access; `url` is as people reach the service, without a slash at its end.
    package init(
        database: Database,
        tenants: TenantDirectory,
        url: String,
        in surroundings: Surroundings
    ) {
        self.database = database
        self.tenants = tenants
        self.url = url
        self.surroundings = surroundings
    }

    /// A new link that logs in as `tenant` once, within a day.
    package func link(for tenant: LiveTenant) async throws(BotError) -> String {
        let (now, id) = (surroundings.clock.timestamp, tenant.row.id)
        let secret = Secret256(from: surroundings.entropy)
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
    /// - Returns: the cookie's value; nil when the token is unknown, used or expired.
    package func login(token: String) async throws(BotError) -> String? {
        let (now, hash) = (surroundings.clock.timestamp, Secret256.hash(token))
        let cookie = Secret256(from: surroundings.entropy)
        return try await database.change { (connection) throws(StoreError) in
            guard let owner = try connection.useLink(hash: hash, at: now) else { return nil }
            try connection.addLogin(
                for: owner,
                hash: cookie.hash,
                at: now,
                expires: now + WebAccess.cookieLife
            )
            return cookie.text
        }
    }

    /// Whose cookie it is; nil when it is unknown, expired or revoked.
    package func tenant(cookie: String) async throws(BotError) -> LiveTenant? {
        let (hash, now) = (Secret256.hash(cookie), surroundings.clock.timestamp)
        let owner = try await database.look { (connection) throws(StoreError) in
            try connection.login(hash: hash, at: now)
        }
        guard case .tenant(let id) = owner else { return nil }
        return tenants.tenant(id)
    }

    /// Ends the cookie's login.
    package func logout(cookie: String) async throws(BotError) {
        let (hash, now) = (Secret256.hash(cookie), surroundings.clock.timestamp)
        _ = try await database.change { (connection) throws(StoreError) in
            try connection.revokeLogin(hash: hash, at: now)
        }
    }
}
