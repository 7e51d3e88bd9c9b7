package import BerthLoop

/// What one tenant, or the service for all of them, holds by purpose, and the most that it may.
package final class MemoryAccount: Sendable {
    /// The tenant's name, for the report and for errors.
    package let tenant: String
    private let id: Int
    private let ledger: Ledger

    init(_ tenant: String, id: Int, _ ledger: Ledger) {
        self.tenant = tenant
        self.id = id
        self.ledger = ledger
    }

    deinit { ledger.with { $0.close(id) } }

    /// Held now, over all purposes.
    package var held: ByteCount { book?.total ?? .zero }

    /// The most that was ever held at once.
    package var peak: ByteCount { book?.peak ?? .zero }

    /// Held now for `purpose`.
    package func held(for purpose: MemoryPurpose) -> ByteCount {
        book?.held[purpose.rawValue] ?? .zero
    }

    private var book: LedgerState.Book? { ledger.with { $0.books[id] } }

    func setQuota(_ quota: ByteCount) { ledger.change { $0.update(id) { $0.quota = quota } } }

    // MARK: Leases

    /// Reserves memory at once or refuses; it never waits.
    ///
    /// - Parameters:
    ///   - count: bytes, 0 or more: the worst case of the work about to start.
    ///   - purpose: what the bytes are for.
    /// - Returns: a lease that gives its bytes back when it goes out of scope.
    /// - Throws: ``BudgetError`` when the process or the tenant has too little left.
    package func lease(
        _ count: ByteCount,
        for purpose: MemoryPurpose
    ) throws(BudgetError) -> MemoryLease {
        do throws(BudgetError) { try take(count, for: purpose, isNew: true) } catch {
            throw refused(error)
        }
        return MemoryLease(count: count, purpose: purpose, account: self)
    }

    /// Reserves memory, at once where it is free, else when its turn comes.
    ///
    /// For the door, before any of the work has begun: who waits here must hold nothing that others
    /// wait for. Those within their share go first, each line in order; at most 256 wait, 64 of one
    /// account.
    ///
    /// - Parameters:
    ///   - count: bytes, 0 or more: the worst case of the work about to start.
    ///   - purpose: what the bytes are for.
    ///   - patience: the longest wait.
    ///   - clock: what measures it.
    /// - Returns: a lease, as ``lease(_:for:)`` does.
    /// - Throws: ``BudgetError`` as ``lease(_:for:)``, after the wait where waiting may help; also
    ///   when the task is cancelled.
    @Loop package func lease(
        _ count: ByteCount,
        for purpose: MemoryPurpose,
        within patience: Duration,
        by clock: any Clock
    ) async throws(BudgetError) -> MemoryLease {
        let refusal: BudgetError
        do throws(BudgetError) {
            try take(count, for: purpose, isNew: true, isInLine: true)
            return MemoryLease(count: count, purpose: purpose, account: self)
        } catch { refusal = error }
        guard refusal.mayBeWaitedOut, patience > .zero else { throw refused(refusal) }
        let bell = Wakeup()
        // Looked at once more with it in line: another thread may just have given some back.
        let place = ledger.change { $0.wait(for: count, purpose, by: id, bell) }
        guard let place else { throw refused(refusal) }
        let timer = clock.schedule(after: patience) { bell.signal() }
        defer { timer.cancel() }
        // Cancelled is as if the time were up.
        try? await bell.wait()
        // One that is not in line any more was granted: the bytes are ours already.
        if ledger.change({ $0.leave(place) }) { throw refused(refusal) }
        return MemoryLease(count: count, purpose: purpose, account: self)
    }

    /// A lease of no bytes, to be grown: never refused.
    package func nothing(for purpose: MemoryPurpose) -> MemoryLease {
        MemoryLease(count: .zero, purpose: purpose, account: self)
    }

    /// Something is under way for the tenant as long as the result lives: whatever is held without
    /// any is a leak, which the report names.
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
            // What is free is theirs who came before.
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

    /// Reserves more for a lease that is held.
    func extend(_ count: ByteCount, for purpose: MemoryPurpose) throws(BudgetError) {
        do throws(BudgetError) { try take(count, for: purpose, isNew: false) } catch {
            throw refused(error)
        }
    }

    /// Calls the same bytes by another purpose.
    func move(_ count: ByteCount, from old: MemoryPurpose, to new: MemoryPurpose) {
        ledger.with { state in
            state.update(id) { book in
                book.held[old.rawValue] -= count
                book.held[new.rawValue] += count
            }
        }
    }
}

/// Stands for a request or a turn of a tenant; its end is the end of the work.
package final class MemoryWork: Sendable {
    private let account: MemoryAccount

    fileprivate init(_ account: MemoryAccount) { self.account = account }

    deinit { account.end() }
}
