/// The weights and the ageing of a ``FairQueue``.
package struct QueuePolicy: Sendable {
    /// The weights of the lanes.
    package var weights = LaneWeights()
    /// The maximum debt or credit that a tenant carries over to its next entries.
    package var carry = WorkCost(units: 100_000_000)
    /// The time after which an unserved line is preferred.
    package var ageing: Duration = .seconds(60)
    /// The interval, in departures, at which the line unserved for the longest time is served once
    /// it has aged.
    package var agedEvery = 4
    /// The initial guess of the time between two departures.
    ///
    /// Later it is measured.
    package var interval: Duration = .seconds(1)

    /// Makes the default policy: weights 16 for chat, 4 for images and 1 for background work, and
    /// ageing after a minute.
    package init() {}
}
