import BerthLoop
import BerthStore

/// A person of a channel that a tenant is, as `berth tenant show` prints it.
package struct IdentityInfo: Codable, Sendable {
    /// The channel, such as `telegram`.
    package let channel: String
    /// The channel's own name for the person, such as a Telegram user's id.
    package let person: String
    /// The time at which the person became the tenant, in UTC milliseconds since 1970.
    package let createdMs: Int64

    private enum CodingKeys: String, CodingKey {
        case channel, person
        case createdMs = "created_ms"
    }

    init(_ identity: Identity) {
        (channel, person) = (identity.channel.rawValue, identity.external)
        createdMs = identity.created.milliseconds
    }
}
