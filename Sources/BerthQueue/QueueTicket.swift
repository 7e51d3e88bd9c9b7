package import BerthLoop
import BerthText

/// One entry's stand in a ``FairQueue``, from its enqueueing until it is taken or cancelled.
@Loop package final class QueueTicket<Entry>: Linked {
    /// What waits.
    package let entry: Entry
    /// The lane it waits in.
    package let lane: Lane
    /// Who pays.
    package let tenant: String
    /// The predicted cost, as it was when the entry came or when it was first in its line.
    package private(set) var cost: WorkCost
    /// Since when it waits.
    package let enqueued: Instant

    var next: QueueTicket?
    // The one before is kept alive by its line for as long as this one is behind it.
    unowned var previous: QueueTicket?
    // A line lives as long as it has tickets; nil once this one has left.
    unowned var line: TenantLine<Entry>?

    private let predict: WorkCost.Prediction

    init(
        entry: Entry,
        lane: Lane,
        tenant: String,
        predict: @escaping WorkCost.Prediction,
        enqueued: Instant
    ) {
        self.entry = entry
        self.lane = lane
        self.tenant = tenant
        self.predict = predict
        self.enqueued = enqueued
        cost = predict()
    }

    /// Predicts the cost once more.
    ///
    /// - Returns: the difference to what it was.
    func predictAgain() -> Int64 {
        let before = cost.units
        cost = predict()
        return cost.units - before
    }

    /// Whether it still waits.
    package var isWaiting: Bool { line != nil }
}

/// How an entry stands: its place and what that means in time.
package struct QueuePlace: Equatable, Sendable, CustomStringConvertible {
    /// How many are expected to start before it; 0: it is next.
    package let ahead: Int
    /// Until it starts, as far as can be known.
    package let wait: Duration
    /// Why it waits, in words, where it is not for its turn.
    package let why: String?

    /// Makes a place; neither number is negative.
    package init(ahead: Int, wait: Duration, why: String? = nil) {
        self.ahead = ahead
        self.wait = wait
        self.why = why
    }

    /// For people: `place 3, about 40 s`.
    package var description: String {
        why ?? "place \(ahead + 1), about \(wait.secondsRoundedUp) s"
    }
}
