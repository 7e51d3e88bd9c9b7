package import BerthLoop

/// What was leased at the door for the whole of a request or a turn; who works inside takes from it.
///
/// Where it does not suffice the account gives the rest, as it gives more for work that has begun:
/// at once, or the work ends with a refusal. So nobody waits for memory while holding some.
@Loop package final class PrepaidMemory {
    /// Whose it is.
    package nonisolated let account: MemoryAccount
    private var lease: MemoryLease

    /// The longest that a request stands in line for its memory.
    package static nonisolated let patience = Duration.seconds(10)

    /// Starts without any: all that is taken comes from `account`.
    package nonisolated init(of account: MemoryAccount) {
        self.account = account
        lease = account.nothing(for: .requestBody)
    }

    /// Leases `count` bytes of `account`, standing in line for at most `patience` by `clock`.
    ///
    /// - Throws: ``BudgetError``, also when the task is cancelled.
    package init(
        _ count: ByteCount,
        of account: MemoryAccount,
        within patience: Duration = PrepaidMemory.patience,
        by clock: any Clock
    ) async throws(BudgetError) {
        self.account = account
        lease = try await account.lease(
            count,
            for: .requestBody,
            within: patience,
            by: clock
        )
    }

    /// What is left of it.
    package var count: ByteCount { lease.count }

    /// Takes `count` bytes for `purpose`: of what was paid beforehand, the rest of the account.
    ///
    /// - Throws: ``BudgetError`` when the rest is not there.
    package func take(
        _ count: ByteCount,
        for purpose: MemoryPurpose
    ) throws(BudgetError) -> MemoryLease {
        var part = lease.split(count, for: purpose)
        try part.grow(to: count, step: .zero)
        return part
    }

    /// Gives back what nobody has taken: who takes more has it from the account.
    package func giveBackRest() { lease.shrink(to: .zero) }
}
