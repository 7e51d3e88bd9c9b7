import BerthStore

/// The API keys of a tenant that are in force.
package struct KeyList: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// The keys, oldest first.
    package let keys: [KeyInfo]

    init(tenant: String, keys: [APIKey]) {
        self.tenant = tenant
        self.keys = keys.map(KeyInfo.init)
    }
}
