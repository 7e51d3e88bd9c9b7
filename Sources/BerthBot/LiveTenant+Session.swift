import BerthStore
import BerthWork

extension LiveTenant {
    /// Checks that the tenant may ask in a conversation: its own one, or a group's, in which each
    /// turn names the tenant who pays.
    ///
    /// - Throws: ``BotError/suspended``, ``BotError/noSession`` for another tenant's conversation.
    func mayAsk(in session: Session) throws(BotError) {
        try mayAsk()
        guard session.isGroup || session.tenant == row.id else { throw .noSession }
    }
}
