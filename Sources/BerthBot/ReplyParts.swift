package import BerthStore

/// The form of a channel's replies: how an answer or an error becomes parts for the outbox.
package protocol ReplyParts: Sendable {
    /// Splits a turn's reply into parts.
    ///
    /// The answer's memory is leased, and so is that of one copy of it in parts.
    ///
    /// - Parameters:
    ///   - outcome: the end of the turn, with all of its answer.
    ///   - place: the place of the turn's session.
    ///   - language: the language of the tenant who pays.
    /// - Returns: the parts in their order, in the channel's own form. Empty if nothing is said. A
    ///   part over ``Replies/partLimit`` is cut.
    func parts(
        of outcome: TurnOutcome,
        at place: Place,
        in language: Language
    ) -> [String]
}
