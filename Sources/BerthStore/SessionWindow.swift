/// A finished turn as a prompt repeats it.
package struct Exchange: Equatable, Sendable {
    /// The turn that it repeats.
    package let turn: Turn.ID
    /// The message.
    package let text: String
    /// The answer.
    package let answer: String
    /// The pictures that came with the message, without those that are deleted.
    package internal(set) var inputs: [TurnPicture] = []
}

/// A conversation and the earlier exchanges that its next prompt may repeat.
package struct SessionWindow: Sendable {
    /// The most that a window holds.
    package struct Limits: Sendable {
        /// The most exchanges.
        package var exchanges: Int
        /// The most bytes of texts and answers together, in UTF-8.
        package var bytes: Int

        /// Makes limits.
        package init(exchanges: Int, bytes: Int) {
            self.exchanges = exchanges
            self.bytes = bytes
        }
    }

    /// The conversation.
    package let session: Session
    /// Newest first.
    package let exchanges: [Exchange]
    /// Whether the tenant has asked the question of ``SessionStore/window(of:before:limits:asking:)``
    /// before.
    package internal(set) var isRepeated = false
}
