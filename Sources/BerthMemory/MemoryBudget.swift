/// The one ledger of bytes that this process may hold for its tenants.
///
/// What may be leased is the limit less what the process holds anyway (``MemoryStanding/base``),
/// which is measured each second, less a little that is held back so that a refusal can be told.
package final class MemoryBudget: Sendable {
    private let ledger: Ledger
    private let accounts = AccountTable()

    /// Held back in a service: what it takes to tell fifty people that there is no memory.
    package static let usualReserve = ByteCount.kibibytes(512)

    /// Makes a budget with nothing leased.
    ///
    /// - Parameters:
    ///   - limit: the most that the process may hold, resident.
    ///   - heldBack: the part of it that is never leased.
    package init(limit: ByteCount, holdingBack heldBack: ByteCount = .zero) {
        ledger = Ledger(LedgerState(limit: limit, heldBack: heldBack))
        LeaseCensus.current?.add(self)
    }

    /// The most that the process may hold, resident.
    package var limit: ByteCount { ledger.with { $0.limit } }

    /// Leased now, over all accounts.
    package var leased: ByteCount { ledger.with { $0.leased } }

    /// Changes the limit from now on; what is leased above a lower one stays until it is given back.
    package func setLimit(_ limit: ByteCount) { ledger.change { $0.limit = limit } }

    // MARK: Accounts

    /// The account of a tenant, which has a share of the room.
    ///
    /// - Parameters:
    ///   - tenant: the name.
    ///   - quota: the most that the tenant may hold at once; takes effect from now on.
    /// - Returns: the same object at each call.
    package func account(for tenant: String, quota: ByteCount) -> MemoryAccount {
        account(tenant, quota, isTenant: true)
    }

    /// An account for what is nobody's alone; its name is in parentheses, as no tenant's is.
    package func sharedAccount(_ name: String, quota: ByteCount) -> MemoryAccount {
        account("(\(name))", quota, isTenant: false)
    }

    private func account(_ name: String, _ quota: ByteCount, isTenant: Bool) -> MemoryAccount {
        let account = accounts.find(name) {
            let book = LedgerState.Book(name: name, isTenant: isTenant, quota: quota)
            return MemoryAccount(name, id: ledger.with { $0.open(book) }, ledger)
        }
        account.setQuota(quota)
        return account
    }

    /// Forgets a tenant who is gone; what still runs for it keeps its account to the end.
    package func forget(_ tenant: String) { accounts.forget(tenant) }

    // MARK: The truth

    /// Says what the process holds while little is leased: never less is reckoned with from now on.
    ///
    /// What is leased may not be in use yet, so that with any the process counts as no lighter than
    /// when it was weighed before.
    package func setFixed(resident: ByteCount) {
        ledger.change { state in
            let least = state.leased > .zero ? state.fixed : .zero
            state.fixed = max(least, resident - state.leased)
            state.base = state.fixed
        }
    }

    /// Corrects the ledger by what the kernel says: whatever is resident and not leased is the base.
    ///
    /// Leases are taken before their bytes, so the difference may be too small for a moment; it is
    /// not taken for less than what the process held at its start.
    ///
    /// - Returns: by how much the base has changed.
    @discardableResult
    package func rebase(resident: ByteCount) -> ByteCount {
        ledger.change { state in
            let base = max(state.fixed, resident - state.leased)
            let change = base - state.base
            state.base = base
            state.drift.measurements += 1
            if change > .zero { state.drift.up += change } else { state.drift.down -= change }
            return change
        }
    }

    /// Looks at every account once, each second.
    ///
    /// For the distribution of what tenants hold, and for bytes that are held though nothing is
    /// under way.
    package func look() {
        ledger.with { state in
            for id in state.books.keys {
                state.update(id) { book in
                    if book.isTenant, book.total > .zero { book.histogram.add(book.total) }
                    let isStray = book.isTenant && book.total > .zero && book.work == 0
                    book.strayLooks = isStray ? book.strayLooks + 1 : 0
                }
            }
        }
    }

    // MARK: Pressure

    /// Refuses new work to the tenant who is furthest over its share, until ``refuseNobody()``.
    ///
    /// - Returns: its name; nil when nobody is over its share.
    package func refuseTheLargest() -> String? {
        ledger.change { state in
            let share = state.share
            let largest = state.books.filter { $0.value.isTenant && $0.value.total > share }
                .max { ($0.value.total, $0.key) < ($1.value.total, $1.key) }
            state.refused = largest?.key
            return largest?.value.name
        }
    }

    /// Nobody is refused for being over its share any more.
    package func refuseNobody() { ledger.change { $0.refused = nil } }

    // MARK: Reporting

    /// Everything that the ledger knows.
    package var standing: MemoryStanding {
        ledger.with { MemoryStanding($0) }
    }
}
