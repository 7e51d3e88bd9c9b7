import BerthBot
import BerthConfig
import BerthLoop
import BerthMemory
import BerthStore
import BerthWork

/// A tenant with what is shown once; the shape is part of the command's interface.
package struct TenantSecrets: Codable, Sendable {
    /// The name.
    package let tenant: String
    /// A new API key, where one was made.
    package var key: String?
    /// A new login link, where one was made.
    package var web: String?
}

/// A tenant as `berth tenant list` and `show` print it.
package struct TenantInfo: Codable, Sendable {
    /// The name.
    package let tenant: String
    /// `active` or `suspended`.
    package let state: String
    /// UTC milliseconds since 1970.
    package let createdMs: Int64
    /// Bytes that the tenant's work holds now.
    package let held: Int
    /// The most that it ever held in this run.
    package let peak: Int
    /// The quotas in force, as texts that `quota set` takes.
    package let quotas: [String: String]

    private enum CodingKeys: String, CodingKey {
        case tenant
        case state
        case createdMs = "created_ms"
        case held
        case peak
        case quotas
    }

    @Loop init(_ tenant: LiveTenant) {
        self.tenant = tenant.name
        state = tenant.row.state.rawValue
        createdMs = tenant.row.created.milliseconds
        held = tenant.account.held.bytes
        peak = tenant.account.peak.bytes
        quotas = tenant.quotas.texts
    }
}

/// All tenants.
package struct TenantList: Codable, Sendable {
    /// By name.
    package let tenants: [TenantInfo]

    init(_ tenants: [TenantInfo]) { self.tenants = tenants }
}

/// One tenant's quotas: what is in force, what is the tenant's own, what is used today.
package struct QuotaReport: Codable, Sendable {
    /// The name.
    package let tenant: String
    /// In force, as texts that `quota set` takes.
    package let quotas: [String: String]
    /// Those of them that are the tenant's own; the others are the configuration's.
    package let own: [String]
    /// Calls today.
    package let requests: Int
    /// Tokens today, those held for running calls included.
    package let tokens: Int
    /// When the day's quotas are whole again: UTC milliseconds since 1970.
    package let resetsMs: Int64

    private enum CodingKeys: String, CodingKey {
        case tenant
        case quotas
        case own
        case requests
        case tokens
        case resetsMs = "resets_ms"
    }

    @Loop init(_ tenant: LiveTenant, usage: UsageInfo) {
        self.tenant = tenant.name
        quotas = tenant.quotas.texts
        own = QuotaKey.allCases.filter { tenant.row.quotas[$0] != nil }.map(\.rawValue)
        requests = usage.requests
        tokens = usage.tokens
        resetsMs = usage.resets.milliseconds
    }
}

/// What tenants have used, a line a tenant and day.
package struct UsageReport: Codable, Sendable {
    /// One tenant's day.
    package struct Line: Codable, Sendable {
        /// The name; of a removed tenant its number.
        package let tenant: String
        /// The day's start, UTC milliseconds since 1970.
        package let dayMs: Int64
        /// Calls.
        package let requests: Int
        /// Of prompts.
        package let inputTokens: Int
        /// Of answers.
        package let outputTokens: Int
        /// Tokens held for running calls.
        package let reservedTokens: Int
        /// Millionths of a dollar.
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

    /// By day and tenant; days without use are left out.
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

extension Quotas {
    /// Each quota as a text that `quota set` takes.
    fileprivate var texts: [String: String] {
        Dictionary(uniqueKeysWithValues: QuotaKey.allCases.map { ($0.rawValue, $0.text(self[$0])) })
    }
}
