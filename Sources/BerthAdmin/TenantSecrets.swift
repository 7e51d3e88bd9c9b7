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
}
