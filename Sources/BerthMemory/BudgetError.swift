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

    package var description: String {
        switch self {
        case .exhausted(let requested, let free, let tenant, let purpose):
            "'\(tenant)' needs \(requested) for a \(purpose), but \(free) is free: "
                + "try again in a moment, or raise memory.limit"
        case .overQuota(let requested, let held, let quota, let tenant, let purpose):
            "'\(tenant)' needs \(requested) for a \(purpose) and holds \(held) of its \(quota): "
                + "let its running work finish, send less at once, or raise its memory quota"
        }
    }
}
