/// A finished turn as a prompt repeats it.
package struct Exchange: Equatable, Sendable {
    /// The turn that it repeats.
    package let turn: Turn.ID
    /// Its public id.
    package internal(set) var publicID = ""
    /// The message, or its beginning if there is ``wholeText``.
    package var text: String
    /// The answer.
    package let answer: String
    /// The pictures that came with the message, without those that are deleted.
    package internal(set) var inputs: [TurnPicture] = []
    /// The file with the whole message, which counts in the window, or nil if there is none.
    package internal(set) var wholeText: TurnPicture?
}

/// A conversation and the earlier exchanges that its next prompt may repeat.
package struct SessionWindow: Sendable {
    /// The most that a window holds.
    package struct Limits: Sendable {
        /// The most exchanges.
        package var exchanges: Int
        /// The most bytes of texts and answers together, in UTF-8, where each exchange counts as
        /// ``SessionWindow/perExchange`` more.
        package var bytes: Int

        /// Makes limits.
        package init(exchanges: Int, bytes: Int) {
            self.exchanges = exchanges
            self.bytes = bytes
        }
    }

    /// The bytes of an exchange beside its texts, in a window and in a prompt.
    package static let perExchange = 128

    /// The conversation.
    package let session: Session
    /// Newest first.
    package var exchanges: [Exchange] = []
    /// The public id of the newest exchange that does not fit the limits, or nil if all fit.
    package internal(set) var leftOut: String?
    /// The row of the turn that ``leftOut`` names.
    package internal(set) var leftOutRow: Turn.ID?
    /// The newest summary of the beginning of the branch, or nil if there is none.
    package var summary: Summary?
    /// The instructions of the conversation and its owner.
    package internal(set) var instructions = OwnInstructions()
    /// Whether the prompt of the newest exchange had a summary of all that it had no room for.
    package internal(set) var hadSummary = false
    /// Whether the prompt of the newest exchange had no room for all before it.
    package internal(set) var hadLeftOut = false
    /// Whether the tenant has asked the question of ``SessionStore/window(of:before:limits:asking:)``
    /// before.
    package internal(set) var isRepeated = false
}
