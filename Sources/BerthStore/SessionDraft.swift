/// A conversation that is to be opened.
package struct SessionDraft: Sendable {
    /// Random.
    ///
    /// Clients know the conversation by it.
    package var publicID: String
    /// The place where it goes on.
    package var place: Place
    /// The owner, or nil for a group's conversation.
    package var tenant: Tenant.ID?
    /// The most conversations of the owner on the channel that are not deleted.
    package var limit: Int

    /// Makes a draft.
    ///
    /// A group's conversation has no limit.
    package init(
        publicID: String,
        place: Place,
        tenant: Tenant.ID?,
        limit: Int = .max
    ) {
        self.publicID = publicID
        self.place = place
        self.tenant = tenant
        self.limit = limit
    }
}
