/// All tenants.
package struct TenantList: Codable, Sendable {
    /// The tenants, by name.
    package let tenants: [TenantInfo]

    init(_ tenants: [TenantInfo]) { self.tenants = tenants }
}
