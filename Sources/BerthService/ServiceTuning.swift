package import BerthAdmin
import BerthBot
package import BerthChannels
package import BerthMemory
package import BerthWork

/// Settings of a service that are not in the configuration.
package struct ServiceTuning: Sendable {
    /// The queue's bounds, and how long failed work is retried.
    package var work = WorkPolicy()
    /// The memory that no lease may take, which is kept for error messages.
    package var reserve = MemoryBudget.usualReserve
    /// The channels beside those that every service has. All deliver from the outbox.
    package var channels: [ChannelPlan] = []
    /// The fixed costs of the process that the start has measured so far.
    package var costs = MemoryFixedCosts()

    /// Makes the default settings.
    package init() {}
}
