import BerthConfig
import BerthMemory
import BerthTelemetry

/// Arguments of `berth quota`.
enum QuotaAction: Equatable {
    /// Shows one tenant's quotas, or those of all tenants if it is nil.
    case show(String?)
    case set(String, [QuotaChange])
}

/// A change of one quota.
struct QuotaChange: Equatable {
    var key: QuotaKey
    /// A count, bytes or millionths of a dollar; nil for the configuration's default.
    var value: Int64?
}
