/// The web logins of a tenant that are in force.
package struct LoginList: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// The logins, oldest first.
    package let logins: [LoginInfo]

    /// Makes a list.
    package init(tenant: String, logins: [LoginInfo]) {
        (self.tenant, self.logins) = (tenant, logins)
    }
}
