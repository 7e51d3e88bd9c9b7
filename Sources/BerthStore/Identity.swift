package import BerthLoop

/// A person of a channel, such as a Telegram user, who is a tenant.
package struct Identity: Equatable, Sendable {
    /// The tenant that the person is.
    package let tenant: Tenant.ID
    /// The channel that knows the person.
    package let channel: ChannelName
    /// The channel's own name for the person.
    package let external: String
    /// When it was made.
    package let created: Timestamp
}
