/// How a ``FairQueue`` weighs and ages.
package struct QueuePolicy: Sendable {
    /// How lanes share.
    package var weights = LaneWeights()
    /// The most debt or credit that a tenant takes along to its next entries.
    package var carry = WorkCost(units: 100_000_000)
    /// How long a tenant's line may go unserved before it goes ahead of whose turn it is.
    package var ageing: Duration = .seconds(60)
    /// Of how many departures one goes to the line that is unserved longest, once it has aged.
    package var agedEvery = 4
    /// The first guess of the time between two departures; measured from then on.
    package var interval: Duration = .seconds(1)

    /// The house's policy: chat 16, image 4, background 1; a minute.
    package init() {}
}
