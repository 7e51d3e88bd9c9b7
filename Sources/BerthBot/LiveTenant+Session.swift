import BerthStore
import BerthWork

extension LiveTenant {
    /// Checks that the tenant may ask in a conversation, which must be its own or a group's.
    ///
    /// In a group's conversation, each turn names the tenant who pays.
    ///
    /// - Throws: ``BotError/suspended``, or ``BotError/noSession`` for another tenant's
    ///   conversation.
    func mayAsk(in session: Session) throws(BotError) {
        try mayAsk()
        guard session.isGroup || session.tenant == row.id else { throw .noSession }
    }
}
