package import BerthLoop

/// The memory that one tenant, or the service for all tenants, holds by purpose, and its quota.
package final class MemoryAccount: Sendable {
    /// The tenant's name, for the report and for errors.
    package let tenant: String
    /// Whether an account's name is that of the service rather than of a tenant.
    ///
    /// No tenant's name has parentheses.
    package static func isShared(_ name: String) -> Bool { name.hasPrefix("(") }

    private let id: Int
    private let ledger: Ledger

    init(_ tenant: String, id: Int, _ ledger: Ledger) {
        self.tenant = tenant
        self.id = id
        self.ledger = ledger
    }

    deinit { ledger.with { $0.close(id) } }

    /// The bytes held now, over all purposes.
    package var held: ByteCount { ledger.with { $0.books[id]?.total ?? .zero } }

    /// The most bytes that were held at once.
    package var peak: ByteCount { ledger.with { $0.books[id]?.peak ?? .zero } }

    func setQuota(_ quota: ByteCount) { ledger.change { $0.update(id) { $0.quota = quota } } }

    // MARK: Leases

    /// Reserves memory at once or refuses.
    ///
    /// It never waits.
    ///
    /// - Parameters:
    ///   - count: the worst case, in bytes, of the work that is about to start, 0 or more.
    ///   - purpose: the use of the bytes.
    /// - Returns: a lease that returns its bytes when it goes out of scope.
    /// - Throws: ``BudgetError`` if the process or the tenant has too little left.
    package func lease(
        _ count: ByteCount,
        for purpose: MemoryPurpose
    ) throws(BudgetError) -> MemoryLease {
        do throws(BudgetError) { try take(count, for: purpose, isNew: true) } catch {
            throw refused(error)
        }
        return MemoryLease(count: count, purpose: purpose, account: self)
    }

    /// Reserves memory at once if it is free, and otherwise waits for it.
    ///
    /// It must be called before any of the work has begun, because a waiting request must not hold
    /// memory that others wait for. Requests within their tenant's share are served first, in the
    /// order of arrival. At most 256 requests wait, and at most 64 of one account.
    ///
    /// - Parameters:
    ///   - count: the worst case, in bytes, of the work that is about to start, 0 or more.
    ///   - purpose: the use of the bytes.
    ///   - patience: the longest wait.
    ///   - clock: the clock that measures `patience`.
    /// - Returns: a lease, as ``lease(_:for:)`` does.
    /// - Throws: ``BudgetError`` as ``lease(_:for:)`` does, but only after the wait if waiting may
    ///   help. A cancelled task throws it too.
    @Loop package func lease(
        _ count: ByteCount,
        for purpose: MemoryPurpose,
        within patience: Duration,
        by clock: any Clock
    ) async throws(BudgetError) -> MemoryLease {
        let refusal: BudgetError
        do throws(BudgetError) { return try leaseInLine(count, for: purpose) } catch {
            refusal = error
        }
        guard refusal.mayBeWaitedOut, patience > .zero else { throw refused(refusal) }
        let bell = Wakeup()
        // Adding the waiter checks once more, because another thread may just have returned memory.
        let place = ledger.change { $0.wait(for: count, purpose, by: id, bell) }
        guard let place else { throw refused(refusal) }
        let timer = clock.schedule(after: patience) { bell.signal() }
        defer { timer.cancel() }
        // A cancellation counts as the end of the wait.
        try? await bell.wait()
        // A request that is no longer queued was granted, so its bytes are leased already.
        if ledger.change({ $0.leave(place) }) { throw refused(refusal) }
        return MemoryLease(count: count, purpose: purpose, account: self)
    }

    /// Reserves memory at once, if it is free and nobody waits for it.
    ///
    /// - Throws: ``BudgetError``, and nothing was counted.
    func leaseInLine(
        _ count: ByteCount,
        for purpose: MemoryPurpose
    ) throws(BudgetError) -> MemoryLease {
        try take(count, for: purpose, isNew: true, isInLine: true)
        return MemoryLease(count: count, purpose: purpose, account: self)
    }

    /// Whether a new lease of `count` bytes is granted when all other work has ended.
    ///
    /// A request that is never granted need not wait.
    package func couldHold(_ count: ByteCount) -> Bool {
        ledger.with { $0.couldHold(count, by: id) }
    }

    /// A lease of zero bytes that can grow later.
    ///
    /// It is never refused.
    package func nothing(for purpose: MemoryPurpose) -> MemoryLease {
        MemoryLease(count: .zero, purpose: purpose, account: self)
    }

    /// Registers work of the tenant that lasts as long as the result lives.
    ///
    /// Bytes that a tenant holds without any such work are a leak, which the report names.
    package func begin() -> MemoryWork {
        ledger.with { $0.update(id) { $0.work += 1 } }
        return MemoryWork(self)
    }

    fileprivate func end() { ledger.with { $0.update(id) { $0.work -= 1 } } }

    private func refused(_ error: BudgetError) -> BudgetError {
        ledger.with { $0.update(id) { $0.refusals += 1 } }
        return error
    }

    private func take(
        _ count: ByteCount,
        for purpose: MemoryPurpose,
        isNew: Bool,
        isInLine: Bool = false
    ) throws(BudgetError) {
        precondition(count >= .zero, "a lease of fewer than 0 bytes")
        try ledger.with { state throws(BudgetError) in
            if let refusal = state.refusal(of: count, for: purpose, by: id, isNew: isNew) {
                throw refusal
            }
            // Free memory goes to earlier waiters first.
            if isInLine, state.isHeldUp(count, by: id) {
                throw .exhausted(requested: count, free: .zero, tenant: tenant, purpose: purpose)
            }
            state.add(count, for: purpose, to: id)
        }
    }

    func giveBack(_ count: ByteCount, for purpose: MemoryPurpose) {
        guard count > .zero else { return }
        ledger.giveBack(count, for: purpose, by: id)
    }

    /// Reserves more bytes for an existing lease.
    func extend(_ count: ByteCount, for purpose: MemoryPurpose) throws(BudgetError) {
        do throws(BudgetError) { try take(count, for: purpose, isNew: false) } catch {
            throw refused(error)
        }
    }

    /// Changes the purpose of leased bytes.
    func move(_ count: ByteCount, from old: MemoryPurpose, to new: MemoryPurpose) {
        ledger.with { state in
            state.update(id) { book in
                book.held[old.rawValue] -= count
                book.held[new.rawValue] += count
            }
        }
    }
}

/// A request or a turn of a tenant that is under way.
///
/// The work ends when this object is released.
package final class MemoryWork: Sendable {
    private let account: MemoryAccount

    fileprivate init(_ account: MemoryAccount) { self.account = account }

    deinit { account.end() }
}
