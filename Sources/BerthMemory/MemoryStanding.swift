/// The ledger's figures at one moment.
package struct MemoryStanding: Sendable {
    /// The largest resident size of the process.
    package let limit: ByteCount
    /// The part of ``limit`` that is never leased.
    package let heldBack: ByteCount
    /// The resident size measured while few leases were out.
    package let fixed: ByteCount
    /// The resident size beyond the leases, as last measured.
    package let base: ByteCount
    /// The leased bytes, over all accounts.
    package let leased: ByteCount
    /// The bytes that can still be leased, negative if more is leased than allowed.
    package let free: ByteCount
    /// The bytes that each tenant is guaranteed.
    package let share: ByteCount
    /// The number of requests that wait for memory.
    package let waiting: Int
    /// The differences between measurements and the ledger.
    package let drift: MemoryDrift
    /// All accounts, tenants by name and then the shared accounts.
    package let accounts: [Account]

    /// One account.
    package struct Account: Sendable {
        /// The tenant's name, or the shared account's name in parentheses.
        package let name: String
        /// Whether it belongs to a tenant.
        package let isTenant: Bool
        /// The most bytes that it may hold.
        package let quota: ByteCount
        /// The bytes held now.
        package let held: ByteCount
        /// The most bytes that were held at once.
        package let peak: ByteCount
        /// The bytes held beyond the tenant's share, or zero for a shared account.
        package let borrowed: ByteCount
        /// The number of times that it was refused memory.
        package let refusals: Int
        /// The number of times that it waited for memory.
        package let waits: Int
        /// The number of requests and turns under way.
        package let work: Int
        /// Whether it holds bytes without work under way, and did so a second ago.
        ///
        /// This shows a leaked lease.
        package let isStray: Bool
        /// The bytes held now by purpose, without the purposes that hold none.
        package let purposes: [(purpose: MemoryPurpose, held: ByteCount)]
        /// The distribution of the bytes held, over the seconds in which it held any.
        package let histogram: HeldHistogram
    }

    /// The used part of the limit, which is the larger of the leased and the resident size.
    ///
    /// - Parameter resident: the kernel's figure, or nil to use the ledger alone.
    /// - Returns: the part, where 1 is the whole limit.
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
