/// A tenant with secrets that are shown once.
///
/// The JSON's shape is part of the command's interface.
package struct TenantSecrets: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// The new API key, or nil if none was made.
    package var key: String?
    /// The new login link, or nil if none was made.
    package var web: String?
    /// The tenant's state, or nil if it was not changed.
    package var state: String?
    /// The number of files that were deleted with the tenant, or nil if it was not removed.
    package var files: Int?
    /// The bytes of those files.
    package var bytes: Int?
}
