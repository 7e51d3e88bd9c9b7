import Synchronization

/// The accounts by name.
///
/// They are not in the ledger: an account holds the ledger, and the two would keep each other.
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
        // Its end takes the ledger's lock: not inside this one.
        _ = accounts.withLock { $0.removeValue(forKey: name) }
    }
}
