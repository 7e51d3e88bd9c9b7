/// A page of a tenant's conversations.
package struct SessionPage: Encodable, Sendable {
    /// The conversations, in the order of the list.
    package let sessions: [SessionInfo]
    /// Whether there are further ones.
    package let more: Bool
}
