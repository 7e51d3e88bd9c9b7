/// The one ledger of bytes that this process may hold for its tenants.
///
/// Leases may take the limit less the memory that the process holds anyway
/// (``MemoryStanding/base``, measured each second), and less a small reserve for sending refusals.
package final class MemoryBudget: Sendable {
    private let ledger: Ledger
    private let accounts = AccountTable()

    /// The reserve of a service, which is enough to tell fifty people that there is no memory.
    package static let usualReserve = ByteCount.kibibytes(512)

    /// Makes a budget with nothing leased.
    ///
    /// - Parameters:
    ///   - limit: the largest resident size of the process.
    ///   - heldBack: the part of `limit` that is never leased.
    package init(limit: ByteCount, holdingBack heldBack: ByteCount = .zero) {
        ledger = Ledger(LedgerState(limit: limit, heldBack: heldBack))
        LeaseCensus.current?.add(self)
    }

    /// The largest resident size of the process.
    package var limit: ByteCount { ledger.with { $0.limit } }

    /// The bytes leased now, over all accounts.
    package var leased: ByteCount { ledger.with { $0.leased } }

    /// Changes the limit.
    ///
    /// Leases above a lower limit stay until they are returned.
    package func setLimit(_ limit: ByteCount) { ledger.change { $0.limit = limit } }

    // MARK: Accounts

    /// The account of a tenant, which has a share of the room.
    ///
    /// - Parameters:
    ///   - tenant: the tenant's name.
    ///   - quota: the most bytes that the tenant may hold at once. It replaces the quota set before.
    /// - Returns: the same object at each call for one tenant.
    package func account(for tenant: String, quota: ByteCount) -> MemoryAccount {
        account(tenant, quota, isTenant: true)
    }

    /// An account for memory that belongs to no single tenant.
    ///
    /// Its name is in parentheses, which no tenant's name has.
    package func sharedAccount(_ name: String, quota: ByteCount) -> MemoryAccount {
        account("(\(name))", quota, isTenant: false)
    }

    private func account(_ name: String, _ quota: ByteCount, isTenant: Bool) -> MemoryAccount {
        let account = accounts.find(name) {
            let id = ledger.with {
                $0.open(LedgerState.Book(name: name, isTenant: isTenant, quota: quota))
            }
            return MemoryAccount(name, id: id, ledger)
        }
        account.setQuota(quota)
        return account
    }

    /// Forgets the account of a removed tenant.
    ///
    /// Work of the tenant that still runs keeps it alive.
    package func forget(_ tenant: String) { accounts.forget(tenant) }

    // MARK: Measurements

    /// Records the resident size measured while few leases are out.
    ///
    /// The budget never assumes a lower value afterwards.
    ///
    /// Leased bytes may not be in use yet. Therefore, while leases are out, the measurement can only
    /// raise the recorded base size.
    package func setFixed(resident: ByteCount) {
        ledger.change { state in
            let least = state.leased > .zero ? state.fixed : .zero
            state.fixed = max(least, resident - state.leased)
            state.base = state.fixed
        }
    }

    /// Corrects the base by the kernel's figure.
    ///
    /// The base is the resident size less the leases.
    ///
    /// Leases are taken before their bytes are used, so the difference can be too small for a moment.
    /// The base is never lower than the size recorded by ``setFixed(resident:)``.
    ///
    /// - Returns: the change of the base.
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

    /// Samples every account.
    ///
    /// It is called once a second.
    ///
    /// The samples give the distribution of the bytes that tenants hold, and find bytes that are held
    /// while no work is under way.
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

    /// Refuses new work of the tenant that is furthest over its share, until ``refuseNobody()``.
    ///
    /// - Returns: the tenant's name, or nil if no tenant is over its share.
    package func refuseTheLargest() -> String? {
        ledger.change { state in
            let share = state.share
            let largest = state.books.filter { $0.value.isTenant && $0.value.total > share }
                .max { ($0.value.total, $0.key) < ($1.value.total, $1.key) }
            state.refused = largest?.key
            return largest?.value.name
        }
    }

    /// Ends the refusal that ``refuseTheLargest()`` began.
    package func refuseNobody() { ledger.change { $0.refused = nil } }

    // MARK: Reporting

    /// The ledger's figures at this moment.
    package var standing: MemoryStanding {
        ledger.with { MemoryStanding($0) }
    }
}
