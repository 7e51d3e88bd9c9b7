package import BerthLoop

/// A link by which anybody may read a conversation.
package struct Share: Equatable, Sendable {
    /// Random, and the right to read.
    package let name: String
    /// The conversation's public id.
    package let session: String
    /// The conversation's title.
    package let title: String
    /// When the link was made.
    package let created: Timestamp
}

/// A conversation as a link shows it.
package struct SharedSession: Sendable {
    /// The conversation.
    package let session: Session
    /// The last turn that the link shows.
    package let lastTurn: Turn.ID
    /// The owner.
    package let owner: Tenant.ID
}
