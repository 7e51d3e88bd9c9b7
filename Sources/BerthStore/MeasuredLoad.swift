import BerthLoop

/// The recent work of the service, as a forecast needs it.
package struct MeasuredLoad: Equatable, Sendable {
    /// The calls of one provider.
    package struct Provider: Equatable, Sendable {
        /// As the configuration names it.
        package let name: String
        /// Answered calls, of the last 1,000.
        package let calls: Int
        /// The mean duration of a call, from its reservation to its settlement.
        package let seconds: Double

        /// Names figures, for tests of who reads them.
        package init(name: String, calls: Int, seconds: Double) {
            self.name = name
            self.calls = calls
            self.seconds = seconds
        }
    }

    /// Turns in the database.
    package var turns = 0
    /// Growth of the database's file for them and their calls.
    package var bytes = 0
    /// Days on which a tenant asked anything, summed over tenants.
    package var tenantDays = 0
    /// Requests on them, of turns and of the API.
    package var requests = 0
    /// Calls in the busiest hour.
    package var busiestCalls = 0
    /// Tenants who made them.
    package var busiestTenants = 0
    /// The providers that were asked, by name.
    package var providers: [Provider] = []

    /// Nothing was done.
    package init() {}
}

extension Connection {
    /// Pages of a database with tables and no rows.
    static let emptyPages = 73
}
