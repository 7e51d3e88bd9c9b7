import BerthBot
import BerthHTTP
import BerthStore
import BerthWork

/// The API keys and web logins of a tenant.
extension AdminAPI {
    var credentialRoutes: [Route] {
        [
            route("GET", "/admin/tenants/:name/keys") { _, values in
                let tenant = try self.bot.tenants.named(values[0])
                return KeyList(tenant: tenant.name, keys: self.bot.tenants.keys(of: tenant))
            },
            route("POST", "/admin/tenants/:name/revoke") { request, values in
                try await self.revoke(self.bot.tenants.named(values[0]), request)
            },
            route("GET", "/admin/tenants/:name/logins") { _, values in
                let tenant = try self.bot.tenants.named(values[0])
                let logins = self.bot.access.list(of: tenant, for: nil)
                return LoginList(tenant: tenant.name, logins: logins)
            },
            route("DELETE", "/admin/tenants/:name/logins/:login") { _, values in
                let tenant = try self.bot.tenants.named(values[0])
                try await self.bot.access.logout(tenant, login: values[1])
                return LogoutReport(tenant: tenant.name, logins: 1)
            },
            route("POST", "/admin/tenants/:name/logout") { _, values in
                let tenant = try self.bot.tenants.named(values[0])
                let count = try await self.bot.access.logout(tenant)
                return LogoutReport(tenant: tenant.name, logins: count)
            },
        ]
    }

    /// The keys to revoke: one, or all.
    private struct Revocation: Decodable {
        let key: String?
        let all: Bool?
    }

    /// Reads a body such as `{"key":"berth-AbCdEf"}`, also with a whole key, or `{"all":true}`.
    private func revoke(
        _ tenant: LiveTenant,
        _ request: HTTPRequest
    ) async throws -> RevokedKeys {
        let asked = try await body(Revocation.self, request)
        let revoked: [APIKey]
        switch (asked.key, asked.all) {
        case (let key?, nil): revoked = [try await bot.tenants.revoke(key, of: tenant)]
        case (nil, true?): revoked = try await bot.tenants.revokeKeys(of: tenant)
        default: throw BotError.badValue("the body must be {\"key\":…} or {\"all\":true}")
        }
        return RevokedKeys(tenant: tenant.name, revoked: revoked)
    }
}
