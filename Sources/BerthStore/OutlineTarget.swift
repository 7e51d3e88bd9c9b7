/// A text about a conversation that a call of a model writes.
package struct OutlineTarget: Equatable, Sendable {
    /// The kind of text.
    package enum Kind: String, SQLConvertible, CaseIterable, Sendable {
        /// The title, which a conversation is given at most once.
        case title
        /// The summary of a branch from its beginning to a turn.
        case summary
    }

    /// The kind of text.
    package let kind: Kind
    /// The conversation.
    package let session: Session.ID
    /// The last turn that a summary covers, or nil for a title.
    package let turn: Turn.ID?
    /// The title that a new title replaces.
    ///
    /// A conversation whose title is another one by then keeps it.
    package let replaced: String

    /// A title in place of `replaced`.
    package static func title(of session: Session.ID, inPlaceOf replaced: String) -> Self {
        OutlineTarget(kind: .title, session: session, turn: nil, replaced: replaced)
    }

    /// A summary up to a turn.
    package static func summary(of session: Session.ID, through turn: Turn.ID) -> Self {
        OutlineTarget(kind: .summary, session: session, turn: turn, replaced: "")
    }
}
