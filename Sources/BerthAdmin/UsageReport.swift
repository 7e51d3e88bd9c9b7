import BerthLoop
import BerthStore

/// The tenants' usage, with one line for each tenant and day.
package struct UsageReport: Codable, Sendable {
    /// One day of one tenant, or the sum of several days.
    package struct Line: Codable, Sendable {
        /// The tenant's name, or the number of a removed tenant.
        package let tenant: String
        /// The day's start, in UTC milliseconds since 1970, or nil for a sum.
        package let dayMs: Int64?
        /// Calls.
        package let requests: Int
        /// Tokens of prompts.
        package let inputTokens: Int
        /// Tokens of answers.
        package let outputTokens: Int
        /// The part of the prompts' tokens that providers read from their prompt caches.
        package let cachedTokens: Int
        /// The part of the prompts' tokens that providers wrote into their prompt caches.
        package let cacheWriteTokens: Int
        /// The part of the calls whose tokens are estimates, because the provider did not count
        /// them.
        package let estimated: Int
        /// Tokens reserved for running calls.
        package let reservedTokens: Int
        /// The cost, in millionths of a dollar.
        package let micros: Int64

        private enum CodingKeys: String, CodingKey {
            case tenant
            case dayMs = "day_ms"
            case requests
            case inputTokens = "input_tokens"
            case outputTokens = "output_tokens"
            case cachedTokens = "cached_tokens"
            case cacheWriteTokens = "cache_write_tokens"
            case estimated
            case reservedTokens = "reserved_tokens"
            case micros
        }

        init(_ tenant: String, _ row: Usage, isSum: Bool = false) {
            self.tenant = tenant
            dayMs = isSum ? nil : row.day.milliseconds
            requests = row.requests
            inputTokens = row.inputTokens
            outputTokens = row.outputTokens
            cachedTokens = row.cachedTokens
            cacheWriteTokens = row.cacheWriteTokens
            estimated = row.estimated
            reservedTokens = row.reservedTokens
            micros = row.micros
        }
    }

    /// The lines by day and tenant.
    ///
    /// Days without usage are left out.
    package let usage: [Line]
    /// The sum of each tenant that is in ``usage``, by name.
    package let tenants: [Line]
    /// The sum of all tenants and the house, called `total`; nil without usage.
    package let total: Line?

    /// Makes the report of rows by day and tenant.
    ///
    /// Berth's own questions and the calls that the house bears are one line a day.
    @Loop init(rows: [Usage], name: @Loop (Tenant.ID) -> String) {
        var named: [(tenant: String, row: Usage)] = []
        var house: Int?
        for row in rows {
            let tenant = name(row.tenant)
            guard tenant == Tenant.houseName else {
                named.append((tenant, row))
                continue
            }
            if let house, named[house].row.day == row.day {
                named[house].row = named[house].row.adding(row)
            } else {
                house = named.count
                named.append((tenant, row))
            }
        }
        usage = named.map { Line($0.tenant, $0.row) }
        let sums = Dictionary(named.map { ($0.tenant, $0.row) }) { $0.adding($1) }
        tenants = sums.sorted { $0.key < $1.key }.map { Line($0.key, $0.value, isSum: true) }
        total = named.dropFirst().reduce(named.first?.row) { $0?.adding($1.row) }
            .map { Line("total", $0, isSum: true) }
    }
}
