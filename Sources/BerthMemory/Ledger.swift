import BerthLoop
import Synchronization

/// The state behind a budget and its accounts, under one lock because workers hold leases too.
final class Ledger: Sendable {
    private let state: Mutex<LedgerState>

    init(_ state: LedgerState) { self.state = Mutex(state) }

    /// Reads the state, or changes it in a way that frees no memory.
    func with<Value, Failure: Error>(
        _ body: (inout LedgerState) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try state.withLock { state throws(Failure) in try body(&state) }
    }

    /// Returns bytes to the budget, and grants them to waiting requests.
    func giveBack(_ count: ByteCount, for purpose: MemoryPurpose, by account: Int) {
        change { $0.subtract(count, for: purpose, from: account) }
    }

    /// Changes the state in a way that may free memory, and grants it to waiting requests.
    func change<Value>(_ body: (inout LedgerState) -> Value) -> Value {
        let (value, granted) = state.withLock { state in
            let value = body(&state)
            return (value, state.grant())
        }
        for waiter in granted { EventLoop.shared.post { waiter.signal() } }
        return value
    }
}
