import BerthStore
import BerthWork

extension LiveTenant {
    /// Checks that the tenant may ask in a conversation: in its own one, or in a group's through the
    /// channel that has the group's place.
    ///
    /// Each turn names the tenant who pays, so a group needs no owner.
    ///
    /// - Parameters:
    ///   - session: the conversation.
    ///   - place: the place where the tenant was heard, or nil for a client that knows only the
    ///     conversation's public name.
    /// - Throws: ``BotError/suspended``, ``BotError/noSession`` for any other conversation.
    func mayAsk(in session: Session, at place: Place?) throws(BotError) {
        try mayAsk()
        let isThere = session.isGroup ? session.place == place : session.tenant == row.id
        guard isThere else { throw .noSession }
    }
}
