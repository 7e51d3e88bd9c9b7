/// A turn of the loop with a piece of work that took longer than ``limit``, so that all other work
/// waited for it.
package struct LoopStall: Sendable {
    /// The longest time that a piece of work may take without a report.
    package static let limit = Duration.milliseconds(5)

    /// The kind of a piece of work.
    package enum Kind: String, Sendable {
        /// A part of a task, from one wait to the next.
        case task
        /// The action of a timer.
        case timer
        /// The handler of a descriptor that was ready.
        case descriptor
    }

    /// The duration of the turn, from the look at the descriptors to the end of its work.
    package let turn: Duration
    /// The duration of the turn's longest piece of work.
    package let longest: Duration
    /// The kind of the longest piece.
    package let kind: Kind
    /// The name that the longest piece gave itself, or nil if it gave none.
    package let label: WorkLabel?
}
