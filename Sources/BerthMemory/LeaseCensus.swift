import Synchronization

/// The budgets that were made within a scope.
///
/// With it a debug build finds tests that end with bytes still leased.
package final class LeaseCensus: Sendable {
    /// The census with which new budgets register themselves, or nil outside tests.
    @TaskLocal package static var current: LeaseCensus?

    private let budgets = Mutex<[Entry]>([])

    private struct Entry {
        weak var budget: MemoryBudget?
    }

    /// Makes an empty census.
    package init() {}

    /// The bytes that are still leased from budgets of the scope, by account.
    ///
    /// The entries of a cache are excluded.
    package var leased: [(account: String, held: ByteCount)] {
        budgets.withLock { $0.compactMap(\.budget) }.flatMap { budget in
            budget.standing.accounts.flatMap { account in
                account.purposes.filter { account.isTenant || $0.purpose != .cacheEntry }
                    .map { (account: "\(account.name) for a \($0.purpose)", held: $0.held) }
            }
        }
    }

    func add(_ budget: MemoryBudget) { budgets.withLock { $0.append(Entry(budget: budget)) } }
}
