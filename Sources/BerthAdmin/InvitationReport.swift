/// An invitation with its links, which are shown once.
///
/// The JSON's shape is part of the command's interface.
package struct InvitationReport: Codable, Sendable {
    /// The tenant that the user of a link becomes, or nil for a new one.
    package let tenant: String?
    /// The login link for the web page, or nil without a tenant.
    package let web: String?
    /// The links for messengers, one for each bot.
    package let links: [String]
}
