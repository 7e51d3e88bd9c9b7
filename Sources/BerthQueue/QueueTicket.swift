package import BerthLoop

/// An entry's ticket in a ``FairQueue``, from its enqueueing until it is taken or cancelled.
@Loop package final class QueueTicket<Entry>: Linked {
    /// The entry.
    package let entry: Entry
    /// The entry's lane.
    package let lane: Lane
    /// The tenant that is charged.
    package let tenant: String
    /// The predicted cost, as of the enqueueing or as of when the entry became the first of its
    /// line.
    package private(set) var cost: WorkCost
    /// The time of the enqueueing.
    package let enqueued: Instant

    var next: QueueTicket?
    // The line keeps the previous ticket alive as long as this one follows it.
    unowned var previous: QueueTicket?
    // A line lives as long as it has tickets. The reference is nil once the ticket has left it.
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

    /// Predicts the cost again.
    ///
    /// - Returns: the difference to the previous prediction.
    func predictAgain() -> Int64 {
        let before = cost.units
        cost = predict()
        return cost.units - before
    }
}
