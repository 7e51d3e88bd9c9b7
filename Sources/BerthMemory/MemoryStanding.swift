/// What the ledger knows at one moment.
package struct MemoryStanding: Sendable {
    /// The most that the process may hold, resident.
    package let limit: ByteCount
    /// The part of it that is never leased.
    package let heldBack: ByteCount
    /// What the process held at its start.
    package let fixed: ByteCount
    /// What it holds beside its leases, as measured last.
    package let base: ByteCount
    /// Leased, over all accounts.
    package let leased: ByteCount
    /// What may be leased still, below zero where too much is.
    package let free: ByteCount
    /// What each tenant is guaranteed.
    package let share: ByteCount
    /// Requests that wait for memory.
    package let waiting: Int
    /// How far measurement and ledger were apart.
    package let drift: MemoryDrift
    /// All accounts: tenants by name, then the shared ones.
    package let accounts: [Account]

    /// One account.
    package struct Account: Sendable {
        /// The tenant, or the shared account's name in parentheses.
        package let name: String
        /// Whether it is a tenant's.
        package let isTenant: Bool
        /// The most that it may hold.
        package let quota: ByteCount
        /// Held now.
        package let held: ByteCount
        /// The most that was ever held at once.
        package let peak: ByteCount
        /// What it holds beyond its share; of a shared account nothing.
        package let borrowed: ByteCount
        /// How often it was refused memory.
        package let refusals: Int
        /// How often it waited for memory.
        package let waits: Int
        /// Requests and turns under way.
        package let work: Int
        /// Whether it holds bytes though nothing is, and did a second ago: somebody forgot a lease.
        package let isStray: Bool
        /// Held now, by purpose; without those of which nothing is.
        package let purposes: [(purpose: MemoryPurpose, held: ByteCount)]
        /// What it held each second in which it held anything.
        package let histogram: HeldHistogram
    }

    /// How much of the limit is taken: what is held or what is promised, whichever is more.
    ///
    /// - Parameter resident: what the kernel says; nil: the ledger alone is asked.
    /// - Returns: a part of the limit, 1 is all of it.
    package func fraction(resident: ByteCount?) -> Double {
        let used = max(base + leased + heldBack, resident ?? .zero)
        return Double(used.bytes) / Double(max(1, limit.bytes))
    }

    init(_ state: LedgerState) {
        limit = state.limit
        heldBack = state.heldBack
        fixed = state.fixed
        base = state.base
        leased = state.leased
        free = state.free
        let share = state.share
        self.share = share
        waiting = state.waiting.count
        drift = state.drift
        accounts = state.books.values.map { Account($0, share: share) }
            .sorted { ($0.isTenant ? 0 : 1, $0.name) < ($1.isTenant ? 0 : 1, $1.name) }
    }
}

extension MemoryStanding.Account {
    init(_ book: LedgerState.Book, share: ByteCount) {
        name = book.name
        isTenant = book.isTenant
        quota = book.quota
        held = book.total
        peak = book.peak
        borrowed = book.isTenant ? max(.zero, book.total - share) : .zero
        refusals = book.refusals
        waits = book.waits
        work = book.work
        isStray = book.strayLooks > 0 && book.work == 0 && book.total > .zero
        purposes = MemoryPurpose.allCases.map { ($0, book.held[$0.rawValue]) }
            .filter { $0.held > .zero }
        histogram = book.histogram
    }
}
