import Synchronization

/// What leased memory is for; the second level of the ledger, below the tenant.
package enum MemoryPurpose: String, CaseIterable, Sendable, CustomStringConvertible {
    /// The body of a request, while it is read and parsed.
    case requestBody = "request body"
    /// A session's recent messages and the prompt built from them.
    case sessionWindow = "session window"
    /// The answer of a turn, for as long as somebody may still read it.
    case replyBuffer = "reply buffer"
    /// Bytes from a provider that nobody has read yet.
    case upstreamTransfer = "upstream transfer"
    /// Answers kept for whoever asks the same again.
    case cacheEntry = "cache entry"

    package var description: String { rawValue }
}

/// The one ledger of bytes that this process may hold for its tenants.
///
/// Every lease counts in its tenant's account and in the process's budget; both are changed under
/// one lock, because workers hold leases too.
package final class MemoryBudget: Sendable {
    /// The most that is leased at once, over all tenants.
    package let limit: ByteCount

    private let ledger = Mutex(Ledger())

    private struct Ledger {
        var leased = ByteCount.zero
        var accounts: [String: MemoryAccount] = [:]
    }

    /// Makes a budget with nothing leased.
    package init(limit: ByteCount) { self.limit = limit }

    /// Leased now, over all tenants.
    package var leased: ByteCount { ledger.withLock { $0.leased } }

    /// The account of a tenant.
    ///
    /// - Parameters:
    ///   - tenant: the name.
    ///   - quota: the most that the tenant may hold at once; takes effect from now on.
    /// - Returns: the same object at each call.
    package func account(for tenant: String, quota: ByteCount) -> MemoryAccount {
        ledger.withLock { ledger in
            if let account = ledger.accounts[tenant] {
                account.setQuota(quota)
                return account
            }
            let account = MemoryAccount(tenant: tenant, quota: quota, budget: self)
            ledger.accounts[tenant] = account
            return account
        }
    }

    /// Forgets a tenant who is gone; what still runs for it keeps its account to the end.
    package func forget(_ tenant: String) { ledger.withLock { $0.accounts[tenant] = nil } }

    fileprivate func take(
        _ count: ByteCount,
        for purpose: MemoryPurpose,
        by account: MemoryAccount
    ) throws(BudgetError) {
        try ledger.withLock { ledger throws(BudgetError) in
            let free = limit - ledger.leased
            guard count <= free else {
                throw .exhausted(
                    requested: count,
                    free: free,
                    tenant: account.tenant,
                    purpose: purpose
                )
            }
            try account.add(count, for: purpose)
            ledger.leased += count
        }
    }

    fileprivate func giveBack(
        _ count: ByteCount,
        for purpose: MemoryPurpose,
        by account: MemoryAccount
    ) {
        ledger.withLock { ledger in
            ledger.leased -= count
            account.subtract(count, for: purpose)
        }
    }
}

/// What one tenant holds, by purpose, and the most that it may.
///
/// Its numbers are guarded by the budget's lock for changes, and by its own for reading them.
package final class MemoryAccount: Sendable {
    /// The tenant's name, for the report and for errors.
    package let tenant: String

    private let budget: MemoryBudget
    private let state: Mutex<State>

    private struct State {
        var quota: ByteCount
        var held: [MemoryPurpose: ByteCount] = [:]
        var total = ByteCount.zero
        var peak = ByteCount.zero
    }

    fileprivate init(tenant: String, quota: ByteCount, budget: MemoryBudget) {
        self.tenant = tenant
        self.budget = budget
        state = Mutex(State(quota: quota))
    }

    /// Held now, over all purposes.
    package var held: ByteCount { state.withLock { $0.total } }

    /// The most that was ever held at once.
    package var peak: ByteCount { state.withLock { $0.peak } }

    /// Held now for `purpose`.
    package func held(for purpose: MemoryPurpose) -> ByteCount {
        state.withLock { $0.held[purpose] ?? .zero }
    }

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
        try take(count, for: purpose)
        return MemoryLease(count: count, purpose: purpose, account: self)
    }

    fileprivate func take(_ count: ByteCount, for purpose: MemoryPurpose) throws(BudgetError) {
        precondition(count >= .zero, "a lease of fewer than 0 bytes")
        try budget.take(count, for: purpose, by: self)
    }

    fileprivate func giveBack(_ count: ByteCount, for purpose: MemoryPurpose) {
        budget.giveBack(count, for: purpose, by: self)
    }

    fileprivate func setQuota(_ quota: ByteCount) { state.withLock { $0.quota = quota } }

    fileprivate func add(_ count: ByteCount, for purpose: MemoryPurpose) throws(BudgetError) {
        try state.withLock { state throws(BudgetError) in
            guard state.total + count <= state.quota else {
                throw .overQuota(
                    requested: count,
                    held: state.total,
                    quota: state.quota,
                    tenant: tenant,
                    purpose: purpose
                )
            }
            state.total += count
            state.held[purpose, default: .zero] += count
            state.peak = max(state.peak, state.total)
        }
    }

    fileprivate func subtract(_ count: ByteCount, for purpose: MemoryPurpose) {
        state.withLock { state in
            state.total -= count
            state.held[purpose, default: .zero] -= count
        }
    }
}

/// The right to hold `count` bytes, owned by exactly one variable; its end gives them back.
package struct MemoryLease: ~Copyable, Sendable {
    /// The bytes that this lease stands for.
    package private(set) var count: ByteCount
    /// What they are for.
    package let purpose: MemoryPurpose
    private let account: MemoryAccount

    fileprivate init(count: ByteCount, purpose: MemoryPurpose, account: MemoryAccount) {
        self.count = count
        self.purpose = purpose
        self.account = account
    }

    /// Adds `more` bytes, for bodies and answers whose length is not known beforehand.
    ///
    /// - Throws: ``BudgetError``; the lease is then as it was.
    package mutating func extend(by more: ByteCount) throws(BudgetError) {
        try account.take(more, for: purpose)
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

    deinit { account.giveBack(count, for: purpose) }
}

/// Carries a lease where a value cannot: into an answer, a closure, a collection.
package final class LeaseHolder: Sendable {
    private let lease: MemoryLease

    /// Keeps `lease` until the holder is dropped.
    package init(_ lease: consuming MemoryLease) { self.lease = lease }
}
