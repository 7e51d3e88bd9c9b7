/// The outcome of `tenant logout`.
package struct LogoutReport: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// The number of web logins that were ended.
    package let logins: Int
}
