import BerthStore

/// The API keys that `tenant revoke` has revoked.
package struct RevokedKeys: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// The keys, oldest first.
    package let revoked: [KeyInfo]

    init(tenant: String, revoked: [APIKey]) {
        self.tenant = tenant
        self.revoked = revoked.map(KeyInfo.init)
    }
}
