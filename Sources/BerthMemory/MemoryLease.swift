/// The right to hold `count` bytes, owned by exactly one variable.
///
/// Its deinit returns the bytes.
package struct MemoryLease: ~Copyable, Sendable {
    /// The number of leased bytes.
    package private(set) var count: ByteCount
    /// The use of the bytes.
    package let purpose: MemoryPurpose
    private var account: MemoryAccount
    /// Takes the whole lease over if the account refuses to extend it; nil if none does.
    var spare: SpareAccount?

    init(count: ByteCount, purpose: MemoryPurpose, account: MemoryAccount) {
        self.count = count
        self.purpose = purpose
        self.account = account
    }

    /// Adds `more` bytes, for bodies and answers whose length is not known beforehand.
    ///
    /// It never waits. It may take the last free byte, because work that is finished returns all of
    /// its memory.
    ///
    /// - Throws: ``BudgetError``, which leaves the lease as it was.
    package mutating func extend(by more: ByteCount) throws(BudgetError) {
        do throws(BudgetError) { try account.extend(more, for: purpose) } catch {
            guard let other = spare?.account, other !== account else { throw error }
            do throws(BudgetError) { try other.extend(count + more, for: purpose) } catch _ {
                throw error
            }
            account.giveBack(count, for: purpose)
            account = other
        }
        count += more
    }

    /// Grows the lease to at least `total`, in steps of at least `step`.
    ///
    /// Does nothing if the lease is large enough.
    ///
    /// With steps, a stream of small pieces does not take the lock for each piece.
    ///
    /// - Throws: ``BudgetError``, which leaves the lease as it was.
    package mutating func grow(to total: ByteCount, step: ByteCount) throws(BudgetError) {
        guard total > count else { return }
        try extend(by: max(total - count, step))
    }

    /// Returns the bytes above `total`, after a worst case turned out smaller.
    package mutating func shrink(to total: ByteCount) {
        guard total < count else { return }
        account.giveBack(count - total, for: purpose)
        count = total
    }

    /// Moves `part` of its bytes, or all if it has fewer, into a new lease for another purpose.
    ///
    /// A request leases all of its memory when it arrives. Its parts take their memory from that
    /// lease in this way.
    package mutating func split(_ part: ByteCount, for purpose: MemoryPurpose) -> MemoryLease {
        let part = min(part, count)
        account.move(part, from: self.purpose, to: purpose)
        count -= part
        var other = MemoryLease(count: part, purpose: purpose, account: account)
        other.spare = spare
        return other
    }

    /// Takes over the bytes of `other`, which must have the same purpose, and the same account
    /// unless a spare one has taken either over.
    package mutating func join(_ other: consuming MemoryLease) {
        guard other.account === account else {
            // Without the bytes the lease stays as it was.
            try? extend(by: other.count)
            return
        }
        let more = other.count
        other.count = .zero
        count += more
    }

    deinit { account.giveBack(count, for: purpose) }
}
