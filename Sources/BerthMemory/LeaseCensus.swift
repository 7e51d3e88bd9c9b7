import Synchronization

/// The budgets that were made within a scope: how a debug build finds out that a test ended with
/// bytes still leased.
package final class LeaseCensus: Sendable {
    /// Where budgets register themselves; nil outside tests.
    @TaskLocal package static var current: LeaseCensus?

    private let budgets = Mutex<[Entry]>([])

    private struct Entry {
        weak var budget: MemoryBudget?
    }

    /// Makes a census of nothing.
    package init() {}

    /// What is still leased from budgets of the scope, by account; but what a cache keeps.
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
