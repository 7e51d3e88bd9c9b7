package import BerthLoop

/// The memory that was leased for a whole request or turn when it arrived.
///
/// Its parts take from it.
///
/// If it does not suffice, the account provides the rest at once, as for all work that has begun, or
/// refuses and ends the work. Therefore no work waits for memory while it holds some.
@Loop package final class PrepaidMemory {
    /// The account that the memory is leased from.
    package nonisolated let account: MemoryAccount
    private var lease: MemoryLease
    /// Takes over the leases taken from now on, if the account refuses to extend them.
    package var spare: SpareAccount?

    /// The longest time that a request waits for its memory.
    package static nonisolated let patience = Duration.seconds(10)

    /// Makes an empty one, so all memory that is taken comes from `account`.
    package nonisolated init(of account: MemoryAccount) {
        self.account = account
        lease = account.nothing(for: .requestBody)
    }

    /// Leases `count` bytes of `account` that are free now, and is nil if there are not so many.
    ///
    /// Most requests get their memory at once, and need no task that could wait.
    package init?(now count: ByteCount, of account: MemoryAccount) {
        guard let lease = try? account.leaseInLine(count, for: .requestBody) else { return nil }
        self.account = account
        self.lease = lease
    }

    /// Leases `count` bytes of `account`, and waits for them for at most `patience` by `clock`.
    ///
    /// - Throws: ``BudgetError``, also if the task is cancelled.
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

    /// The bytes that are left.
    package var count: ByteCount { lease.count }

    /// Takes `count` bytes for `purpose`, first from the prepaid bytes and then from the account.
    ///
    /// - Throws: ``BudgetError`` if the account refuses the rest.
    package func take(
        _ count: ByteCount,
        for purpose: MemoryPurpose
    ) throws(BudgetError) -> MemoryLease {
        var part = lease.split(count, for: purpose)
        part.spare = spare
        try part.grow(to: count, step: .zero)
        return part
    }

    /// Returns the bytes that were not taken.
    ///
    /// Later calls of ``take(_:for:)`` use the account.
    package func giveBackRest() { lease.shrink(to: .zero) }
}
