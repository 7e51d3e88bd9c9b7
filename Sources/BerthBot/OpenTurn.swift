import BerthLoop
package import BerthProviders
package import BerthQueue

/// A turn that waits or runs, as the operator sees it.
package struct OpenTurn: Sendable {
    /// The turn's public name.
    package let id: String
    /// The name of the tenant who pays.
    package let tenant: String
    /// Whether its answer has begun.
    package let isAnswered: Bool
    /// The cause of its wait, or nil if it waits for its place in the queue.
    package let cause: QueuePlace.Cause?
    /// The progress of its pictures at their provider, or nil before it has begun.
    package let progress: PictureProgress?
    /// The time since it was accepted, or taken up again.
    package let age: Duration

    @Loop init(_ turn: LiveTurn, at now: Instant) {
        (id, tenant, isAnswered) = (turn.id, turn.tenant, !turn.text.isEmpty)
        (cause, progress, age) = (turn.place?.cause, turn.progress, now - turn.began)
    }
}
