import Synchronization

/// The accounts by name.
///
/// The ledger does not hold them, because each account holds the ledger and the two would keep each
/// other alive.
final class AccountTable: Sendable {
    private let accounts = Mutex<[String: MemoryAccount]>([:])

    func find(_ name: String, orMake make: () -> MemoryAccount) -> MemoryAccount {
        accounts.withLock { accounts in
            if let account = accounts[name] { return account }
            let account = make()
            accounts[name] = account
            return account
        }
    }

    func forget(_ name: String) {
        // The account's deinit takes the ledger's lock, which must not happen inside this lock.
        _ = accounts.withLock { $0.removeValue(forKey: name) }
    }
}
