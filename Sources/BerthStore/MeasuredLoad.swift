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
    private static let emptyPages = 54

    func measuredLoad(since start: Timestamp) throws(StoreError) -> MeasuredLoad {
        var load = MeasuredLoad()
        try first(
            """
            SELECT (SELECT count(*) FROM turn), page_size * max(0, page_count - freelist_count - ?)
            FROM pragma_page_count, pragma_page_size, pragma_freelist_count
            """,
            Connection.emptyPages
        ) { row throws(StoreError) in (load.turns, load.bytes) = (row.int(0), row.int(1)) }
        try first(
            """
            SELECT count(*), coalesce(sum(requests + reserved_requests), 0) FROM usage_day
            WHERE day_ms >= ? AND requests + reserved_requests > 0
            """,
            start.startOfDay
        ) { row throws(StoreError) in (load.tenantDays, load.requests) = (row.int(0), row.int(1)) }
        try first(
            """
            SELECT count(*) AS calls, count(DISTINCT tenant) FROM (
                SELECT tenant, created_ms FROM call ORDER BY id DESC LIMIT 20000)
            WHERE created_ms >= ? GROUP BY created_ms / 3600000 ORDER BY calls DESC LIMIT 1
            """,
            start
        ) { row throws(StoreError) in
            (load.busiestCalls, load.busiestTenants) = (row.int(0), row.int(1))
        }
        load.providers = try all(
            """
            SELECT provider, count(*), CAST(avg(max(0, settled_ms - created_ms)) AS INTEGER) FROM (
                SELECT provider, created_ms, settled_ms, state FROM call ORDER BY id DESC
                LIMIT 1000)
            WHERE state = 'settled' AND created_ms >= ? GROUP BY provider ORDER BY provider
            """,
            start
        ) { row throws(StoreError) in
            MeasuredLoad.Provider(
                name: row.text(0),
                calls: row.int(1),
                seconds: Double(row.int(2)) / 1000
            )
        }
        return load
    }
}
