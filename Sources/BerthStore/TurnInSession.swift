/// A turn and the conversation it belongs to.
package struct TurnInSession: Sendable {
    /// The turn.
    package let turn: Turn
    /// The conversation, or nil if it is deleted.
    package let session: Session?
}
