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
    /// A turn of the same conversation beside which it begins a branch, or nil if it follows the
    /// last turn of the branch that is shown.
    package var beside: Turn.ID?
    /// Whether its answer goes on where that of the turn before it was cut.
    package var isContinuation = false
    /// Whether an answer that somebody was given before is not wanted.
    package var isFresh = false
    /// The model that its author named for it alone, or nil for the conversation's.
    package var wish: String?
    /// The digest of the question, to find out later whether it is asked again, or nil if that does
    /// not matter.
    package var question: Int64?
    /// The public id of the newest turn of its branch that its prompt has no room for, or nil if it has
    /// room for all.
    package var leftOut: String?
    /// Whether its prompt has a summary of all that it has no room for.
    package var isSummarized = false
    /// The file with the whole message, of which ``text`` is the beginning, or nil if ``text`` is all of
    /// it.
    package var wholeText: TurnPicture?
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
