/// A message that is to be accepted.
package struct TurnDraft: Sendable {
    /// Random.
    ///
    /// Clients know the turn by it.
    package var publicID: String
    /// The conversation it belongs to.
    package var session: Session.ID
    /// The tenant who pays.
    package var tenant: Tenant.ID
    /// The kind of work.
    package var kind = Turn.Kind.message
    /// The message.
    package var text: String
    /// The model that is to answer, as the configuration names it.
    package var model: String?
    /// The pictures that come with the message.
    package var inputs: [TurnPicture] = []
    /// The conversation's title, if it has none yet.
    package var title: String?
    /// The process that works on the turn from the start, or nil leaves the turn to be claimed.
    package var claim: TurnClaim?
    /// The updates that brought the message, which are finished in the same commit.
    package var updates: [ChannelUpdate] = []
    /// The channel's id of the message, if the answer is to quote it.
    package var heard: String?

    /// Makes a draft of a message.
    ///
    /// Set what is known besides.
    package init(publicID: String, session: Session.ID, tenant: Tenant.ID, text: String) {
        self.publicID = publicID
        self.session = session
        self.tenant = tenant
        self.text = text
    }
}
