import BerthBot
import BerthLoop
import BerthStore

/// One API key of a tenant, as `berth tenant keys` and `revoke` print it.
package struct KeyInfo: Codable, Sendable {
    /// The key's first characters, such as `berth-AbCdEf`: `tenant revoke` takes them.
    package let hint: String
    /// UTC milliseconds since 1970.
    package let createdMs: Int64

    private enum CodingKeys: String, CodingKey {
        case hint
        case createdMs = "created_ms"
    }

    init(_ key: APIKey) {
        hint = TenantDirectory.keyPrefix + key.hint
        createdMs = key.created.milliseconds
    }
}

/// The API keys of a tenant that are in force.
package struct KeyList: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// Oldest first.
    package let keys: [KeyInfo]

    init(tenant: String, keys: [APIKey]) {
        self.tenant = tenant
        self.keys = keys.map(KeyInfo.init)
    }
}

/// The API keys that `tenant revoke` has ended.
package struct RevokedKeys: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// Oldest first.
    package let revoked: [KeyInfo]

    init(tenant: String, revoked: [APIKey]) {
        self.tenant = tenant
        self.revoked = revoked.map(KeyInfo.init)
    }
}

/// The outcome of `tenant logout`.
package struct LogoutReport: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// How many web logins were in force.
    package let logins: Int
}
