import Synchronization

/// The account that takes leases over when another account refuses to extend them.
///
/// A call that several tenants share is leased from the account of one of them, whose lack of
/// memory must not end it for the others.
package final class SpareAccount: Sendable {
    private let current = Mutex<MemoryAccount?>(nil)

    /// Makes it without an account.
    package init() {}

    /// The account, or nil while there is none.
    package var account: MemoryAccount? {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}
