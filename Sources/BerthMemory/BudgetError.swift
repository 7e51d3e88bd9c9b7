/// Why memory was not leased, with the tenant, the purpose, the amounts and what to do.
///
/// ``description`` is for the operator, and ``forTenant`` for the tenant.
package enum BudgetError: Error, Equatable, CustomStringConvertible {
    /// The process has too little memory left. The same call may succeed when other work has ended.
    case exhausted(requested: ByteCount, free: ByteCount, tenant: String, purpose: MemoryPurpose)
    /// The tenant's own quota does not allow more.
    case overQuota(
        requested: ByteCount,
        held: ByteCount,
        quota: ByteCount,
        tenant: String,
        purpose: MemoryPurpose
    )
    /// The server is almost out of memory, and the tenant is the one furthest over its share.
    case overShare(held: ByteCount, share: ByteCount, tenant: String, purpose: MemoryPurpose)
    /// The server is short of memory and makes no provider call until memory is free.
    case paused(waited: Duration, tenant: String)

    package var description: String {
        switch self {
        case .exhausted(let requested, let free, let tenant, let purpose):
            "'\(tenant)' needs \(requested) for a \(purpose), but \(max(free, .zero)) is free: "
                + "try again in a moment, or raise memory.limit"
        case .overQuota(let requested, let held, let quota, let tenant, let purpose):
            "'\(tenant)' needs \(requested) for a \(purpose) and holds \(held) of its \(quota): "
                + "let its running work finish, send less at once, or raise its memory quota"
        case .overShare(let held, let share, let tenant, let purpose):
            "the server is almost out of memory, and '\(tenant)' already uses \(held), more than its "
                + "share of \(share), so a \(purpose) is refused: wait for its running work to finish"
        case .paused(let waited, let tenant):
            "the server is short of memory and starts no new work; the request of '\(tenant)' "
                + "waited \(waited.components.seconds) s: try again in a moment"
        }
    }

    /// The reason for the tenant who asked, without names, without figures of others and without
    /// advice for the operator.
    package var forTenant: String {
        switch self {
        case .overQuota(let requested, let held, let quota, let tenant, let purpose)
        where !MemoryAccount.isShared(tenant):
            "this needs \(requested) for a \(purpose), and \(held) of your \(quota) are in use: let "
                + "your running work finish, or send less at once"
        case .exhausted(let requested, _, _, let purpose),
            .overQuota(let requested, _, _, _, let purpose):
            "this needs \(requested) for a \(purpose), which the server has not free now: try again in "
                + "a moment"
        case .overShare(let held, let share, _, let purpose):
            "the server is almost out of memory, and you already use \(held), more than your share of "
                + "\(share), so a \(purpose) is refused: wait for your running work to finish"
        case .paused(let waited, _):
            "the server is short of memory and starts no new work; your request waited "
                + "\(waited.components.seconds) s: try again in a moment"
        }
    }

    /// Whether the same lease may succeed when other work has ended.
    ///
    /// A lease larger than the quota never succeeds.
    package var isPassing: Bool {
        guard case .overQuota(let requested, _, let quota, _, _) = self else { return true }
        return requested <= quota
    }

    /// Whether waiting can help.
    var mayBeWaitedOut: Bool {
        if case .overShare = self { return false }
        return isPassing
    }
}
