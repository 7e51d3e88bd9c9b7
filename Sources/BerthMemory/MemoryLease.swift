/// The right to hold `count` bytes, owned by exactly one variable; its end gives them back.
package struct MemoryLease: ~Copyable, Sendable {
    /// The bytes that this lease stands for.
    package private(set) var count: ByteCount
    /// What they are for.
    package let purpose: MemoryPurpose
    private let account: MemoryAccount

    init(count: ByteCount, purpose: MemoryPurpose, account: MemoryAccount) {
        self.count = count
        self.purpose = purpose
        self.account = account
    }

    /// Adds `more` bytes, for bodies and answers whose length is not known beforehand.
    ///
    /// It never waits, and may take the last free byte: who finishes gives everything back.
    ///
    /// - Throws: ``BudgetError``; the lease is then as it was.
    package mutating func extend(by more: ByteCount) throws(BudgetError) {
        try account.extend(more, for: purpose)
        count += more
    }

    /// Grows to `total` in steps of at least `step`, so that a stream of small pieces does not take
    /// the lock for each; does nothing when it is large enough.
    ///
    /// - Throws: ``BudgetError``; the lease is then as it was.
    package mutating func grow(to total: ByteCount, step: ByteCount) throws(BudgetError) {
        guard total > count else { return }
        try extend(by: max(total - count, step))
    }

    /// Gives back what is over `total`: after a worst case turned out smaller.
    package mutating func shrink(to total: ByteCount) {
        guard total < count else { return }
        account.giveBack(count - total, for: purpose)
        count = total
    }

    /// Parts with `part` of its bytes, or with all where it has fewer, for another purpose.
    ///
    /// What is paid for at the door is used by those inside in this way.
    package mutating func split(_ part: ByteCount, for purpose: MemoryPurpose) -> MemoryLease {
        let part = min(part, count)
        account.move(part, from: self.purpose, to: purpose)
        count -= part
        return MemoryLease(count: part, purpose: purpose, account: account)
    }

    /// Takes over the bytes of `other`, which is of the same account and for the same.
    package mutating func join(_ other: consuming MemoryLease) {
        let more = other.count
        other.count = .zero
        count += more
    }

    deinit { account.giveBack(count, for: purpose) }
}

/// Carries a lease where a value cannot: into an answer, a closure, a collection.
package final class LeaseHolder: Sendable {
    private let lease: MemoryLease

    /// Keeps `lease` until the holder is dropped.
    package init(_ lease: consuming MemoryLease) { self.lease = lease }
}
