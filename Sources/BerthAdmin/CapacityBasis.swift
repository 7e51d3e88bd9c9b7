package import BerthMemory
package import BerthStore

/// The measured and configured values that a forecast is made from.
package struct CapacityBasis: Sendable {
    /// A provider's limits, as configured.
    package struct Provider: Sendable {
        /// The provider's name.
        package let name: String
        /// The most calls at once.
        package let concurrency: Int
        /// The most calls a minute, or nil without a configured limit.
        package let requestsPerMinute: Int?

        /// Makes the limits of a provider.
        package init(name: String, concurrency: Int, requestsPerMinute: Int?) {
            self.name = name
            self.concurrency = concurrency
            self.requestsPerMinute = requestsPerMinute
        }
    }

    /// The bytes that each tenant held, sampled every second, over all tenants.
    package var held = HeldHistogram()
    /// Bytes that the process holds now beside its leases.
    package var base = ByteCount.zero
    /// The peaks of the shared accounts, added up.
    package var shared = ByteCount.zero
    /// The memory limit of the process.
    package var limit = ByteCount.zero
    /// The part of the limit that is never leased.
    package var reserve = ByteCount.zero
    /// The load of the last seven days.
    package var load = MeasuredLoad()
    /// The providers that have a queue.
    package var providers: [Provider] = []

    /// Makes a basis without measurements.
    package init() {}
}
