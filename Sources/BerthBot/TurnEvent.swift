package import BerthProviders
package import BerthQueue
package import BerthStore

/// One event of a turn, as its readers get it.
package enum TurnEvent: Sendable {
    /// It waits at this queue position, for about this long.
    case place(QueuePlace)
    /// The progress of its pictures at their provider.
    case progress(PictureProgress)
    /// More of the model's reasoning before the answer.
    case reasoning(String)
    /// More of the answer.
    case text(String)
    /// The end. Nothing follows.
    case ended(TurnOutcome)
}
