/// A turn and the conversation it belongs to.
package struct TurnInSession: Sendable {
    /// The turn.
    package let turn: Turn
    /// The conversation.
    package let session: Session
}
