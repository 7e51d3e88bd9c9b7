package import BerthAdmin
package import BerthBot
package import BerthMemory

/// Values of a service that the configuration does not have.
package struct ServiceTuning: Sendable {
    /// The queue's bounds, and how long failed work is retried.
    package var work = WorkPolicy()
    /// The memory that no lease may take, so that running out stays an error message.
    package var reserve = MemoryBudget.usualReserve
    /// The costs of the process that the start has marked so far.
    package var costs = MemoryFixedCosts()

    /// Makes the usual values.
    package init() {}
}
