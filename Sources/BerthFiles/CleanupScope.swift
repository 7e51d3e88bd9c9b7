package import BerthStore

/// The files that a cleanup looks at.
package struct CleanupScope: Sendable {
    /// The tenant whose files are looked at, or nil for all.
    package var tenant: Tenant.ID?
    /// The time without use after which a file is deleted; nil for `files.keep`.
    package var olderThan: Duration?

    /// Names a scope.
    ///
    /// Without arguments it is that of the background pass.
    package init(tenant: Tenant.ID? = nil, olderThan: Duration? = nil) {
        self.tenant = tenant
        self.olderThan = olderThan
    }
}
