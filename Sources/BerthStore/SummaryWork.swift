/// The part of a conversation that is to be summarized next.
package struct SummaryWork: Sendable {
    /// The most of a conversation that is read, and the size that is worth a summary.
    package struct Limits: Sendable {
        /// The bytes of exchanges that prompts of the conversation have room for.
        ///
        /// A summary is due when more than three quarters of it are not summarized. It covers all
        /// except the newest half.
        package var room: Int
        /// The most bytes of exchanges that one summary adds, 1,024 or more.
        package var part: Int

        /// Makes limits.
        package init(room: Int, part: Int) { (self.room, self.part) = (room, max(1_024, part)) }
    }

    /// The conversation.
    package let session: Session
    /// The summary of everything before ``exchanges``, or nil if there is nothing or none.
    package let before: String?
    /// The exchanges to add, the oldest first, at least one.
    ///
    /// A text that is longer than a third of the limit is cut.
    package let exchanges: [Exchange]
    /// The last turn that the new summary covers.
    package let through: Turn.ID
}

/// A summary of the beginning of a branch.
package struct Summary: Equatable, Sendable {
    /// The last turn that it covers.
    package let through: Turn.ID
    /// Its words.
    package let text: String

    /// Makes a summary.
    package init(through: Turn.ID, text: String) { (self.through, self.text) = (through, text) }
}
