package import BerthMemory
package import BerthStore

/// The tenant of a file with the quotas that are in force for it.
package struct FileOwner: Sendable {
    /// The tenant.
    package let tenant: Tenant.ID
    /// The most bytes that all its files may have.
    package let disk: ByteCount
    /// The most files that it may have.
    package let files: Int

    /// Names a tenant and its quotas.
    package init(tenant: Tenant.ID, disk: ByteCount, files: Int) {
        self.tenant = tenant
        self.disk = disk
        self.files = files
    }
}
