package import BerthAdmin
import BerthBot
package import BerthChannels
package import BerthMemory
package import BerthWork

/// Values of a service that the configuration does not have.
package struct ServiceTuning: Sendable {
    /// The queue's bounds, and how long failed work is retried.
    package var work = WorkPolicy()
    /// The memory that no lease may take, so that running out stays an error message.
    package var reserve = MemoryBudget.usualReserve
    /// The channels beside those that every service has. All deliver from the outbox.
    package var channels: [ChannelPlan] = []
    /// The costs of the process that the start has marked so far.
    package var costs = MemoryFixedCosts()

    /// Makes the usual values.
    package init() {}
}
