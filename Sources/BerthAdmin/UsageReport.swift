import BerthLoop
import BerthStore

/// The tenants' usage, with one line for each tenant and day.
package struct UsageReport: Codable, Sendable {
    /// One day of one tenant.
    package struct Line: Codable, Sendable {
        /// The tenant's name, or the number of a removed tenant.
        package let tenant: String
        /// The day's start, in UTC milliseconds since 1970.
        package let dayMs: Int64
        /// Calls.
        package let requests: Int
        /// Tokens of prompts.
        package let inputTokens: Int
        /// Tokens of answers.
        package let outputTokens: Int
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
            case reservedTokens = "reserved_tokens"
            case micros
        }
    }

    /// The lines by day and tenant.
    ///
    /// Days without usage are left out.
    package let usage: [Line]

    @Loop init(rows: [Usage], name: @Loop (Tenant.ID) -> String) {
        usage = rows.map { row in
            Line(
                tenant: name(row.tenant),
                dayMs: row.day.milliseconds,
                requests: row.requests,
                inputTokens: row.inputTokens,
                outputTokens: row.outputTokens,
                reservedTokens: row.reservedTokens,
                micros: row.micros
            )
        }
    }
}
