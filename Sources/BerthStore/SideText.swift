/// A text that a call buys beside an answer, before it.
///
/// It is kept from the settlement of its call until its message or turn has used it, so that no
/// start buys it again.
package enum SideText: Equatable, Sendable {
    /// The words of a recording, by the channel's id of its file, that came with an update.
    case transcript(of: String, in: ChannelUpdate)
    /// The English prompt of a turn that orders pictures.
    case prompt(of: Turn.ID)

    /// The end of the work on a text in an earlier try.
    package enum Outcome: Equatable, Sendable {
        /// It was bought. The text is empty if there are no words.
        case text(String)
        /// It may have been bought, and it is not bought again without a person.
        case lost
    }
}
