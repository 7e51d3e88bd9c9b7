/// Why memory was not leased: who asked, for what, how much, what is free, what to do.
package enum BudgetError: Error, Equatable, CustomStringConvertible {
    /// The process has too little left; the same call may succeed when others have finished.
    case exhausted(requested: ByteCount, free: ByteCount, tenant: String, purpose: MemoryPurpose)
    /// The tenant holds all that its own quota allows.
    case overQuota(
        requested: ByteCount,
        held: ByteCount,
        quota: ByteCount,
        tenant: String,
        purpose: MemoryPurpose
    )
    /// The server is nearly out of memory and the tenant is furthest over its share of it.
    case overShare(held: ByteCount, share: ByteCount, tenant: String, purpose: MemoryPurpose)
    /// The server is short of memory: nothing new is asked of a provider until it has some.
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
            "the server is nearly out of memory, and '\(tenant)', who holds \(held) where \(share) "
                + "is its share, gets nothing for a \(purpose): let running work finish first"
        case .paused(let waited, let tenant):
            "the server is short of memory and starts nothing new: the request of '\(tenant)' "
                + "waited \(waited.components.seconds) s; try again in a moment"
        }
    }

    /// Whether the same may be leased when other work has ended; false: never, as it is asked.
    package var isPassing: Bool {
        guard case .overQuota(let requested, _, let quota, _, _) = self else { return true }
        return requested <= quota
    }

    /// Whether standing in line for it makes sense.
    var mayBeWaitedOut: Bool {
        if case .overShare = self { return false }
        return isPassing
    }
}
