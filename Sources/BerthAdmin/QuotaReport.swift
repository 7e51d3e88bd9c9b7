import BerthConfig
import BerthFiles
import BerthLoop
import BerthMemory
import BerthStore
import BerthWork

/// One tenant's quotas, and the part of each that is used.
package struct QuotaReport: Codable, Sendable {
    /// The tenant's name.
    package let tenant: String
    /// The quotas in force, as texts that `quota set` takes.
    package let quotas: [String: String]
    /// The names of the tenant's own quotas.
    ///
    /// The others come from the configuration.
    package let own: [String]
    /// The used part of each quota, in the form of ``quotas``: of the day, of the month, or now.
    package let used: [String: String]
    /// Calls today.
    package let requests: Int
    /// Tokens today, including those reserved for running calls.
    package let tokens: Int
    /// Files on the disk.
    package let files: Int
    /// Bytes of these files.
    package let disk: Int
    /// The time at which the daily quotas reset, in UTC milliseconds since 1970.
    package let resetsMs: Int64

    private enum CodingKeys: String, CodingKey {
        case tenant
        case quotas
        case own
        case used
        case requests
        case tokens
        case files
        case disk
        case resetsMs = "resets_ms"
    }

    @Loop init(_ tenant: LiveTenant, usage: UsageInfo, files use: FileAccounts.Use) {
        self.tenant = tenant.name
        quotas = tenant.quotas.texts
        own = QuotaKey.allCases.filter { tenant.row.quotas[$0] != nil }.map(\.rawValue)
        used = Dictionary(
            uniqueKeysWithValues: QuotaKey.allCases.map { key in
                (key.rawValue, key.text(Self.amount(key, of: tenant, usage, use)))
            }
        )
        requests = usage.requests
        tokens = usage.tokens
        files = use.files
        disk = use.bytes.bytes
        resetsMs = usage.resets.milliseconds
    }

    @Loop private static func amount(
        _ key: QuotaKey,
        of tenant: LiveTenant,
        _ usage: UsageInfo,
        _ files: FileAccounts.Use
    ) -> Int64 {
        switch key {
        case .requestsPerDay: Int64(usage.requests)
        case .tokensPerDay: Int64(usage.tokens)
        case .imagesPerDay: Int64(usage.images)
        case .spendPerMonth: usage.spentMicros
        case .memory: Int64(tenant.account.held.bytes)
        case .disk: Int64(files.bytes.bytes)
        case .files: Int64(files.files)
        }
    }
}
