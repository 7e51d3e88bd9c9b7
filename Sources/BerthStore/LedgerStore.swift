package import BerthLoop

/// Verbs for the calls of the ledger.
///
/// Quotas are not checked here.
package protocol LedgerStore: Sendable {
    /// Holds a call's worst case, on the disk before the provider is asked.
    ///
    /// Begins the call's step: the waiting one that the reservation names, or else a new one. An accepted turn is running from then on, and has one attempt more. A call whose
    /// turn is gone or has ended is held without a step, because others may share it. The call is
    /// charged to the day of `now` in the process's time zone, whenever it ends.
    ///
    /// - Returns: the call, to be settled or released.
    /// - Throws: ``StoreError/notFound(what:)`` if the step that the reservation names does not
    ///   wait.
    func startCall(_ reservation: Reservation, at now: Timestamp) async throws(StoreError)
        -> Call.ID

    /// Charges calls at their costs, each to the day on which it was reserved. Ends their running
    /// steps.
    ///
    /// - Returns: for each settlement, whether its call was reserved. If not, nothing was charged.
    @discardableResult
    func settle(
        _ settlements: [Settlement],
        at now: Timestamp
    ) async throws(StoreError) -> [Bool]

    /// Gives everything back that a call holds. The provider was not asked, or has sold nothing.
    /// Its running step fails.
    ///
    /// - Returns: whether the call was reserved. If not, nothing was changed.
    @discardableResult
    func releaseCall(_ call: Call.ID, at now: Timestamp) async throws(StoreError) -> Bool

    /// A call of the ledger. nil if there is none.
    func call(_ id: Call.ID) async throws(StoreError) -> Call?

    /// The reserved calls that have a provider's job of their own, oldest first, at most `limit`:
    /// those `after` the last one of the page before, or from the first if that is nil.
    func openOrders(
        after last: Call.ID?,
        limit: Int
    ) async throws(StoreError) -> [OpenOrder]
}

extension Database: LedgerStore {
    package nonisolated func startCall(
        _ reservation: Reservation,
        at now: Timestamp
    ) async throws(StoreError) -> Call.ID {
        try await write { store throws(StoreError) in
            let step = try store.beginStep(of: reservation, at: now)
            let call = try store.reserve(reservation, step: step, at: now)
            if let step { try store.run("UPDATE turn_step SET call = ? WHERE id = ?", call, step) }
            if let key = reservation.key {
                try store.claim(key, for: reservation.tenant, call, at: now)
            }
            if let text = reservation.sideText { try store.begin(text, by: call) }
            if let target = reservation.outline { try store.outline(target, by: call) }
            return call
        }
    }

    @discardableResult
    package nonisolated func settle(
        _ settlements: [Settlement],
        at now: Timestamp
    ) async throws(StoreError) -> [Bool] {
        try await write { store throws(StoreError) in
            try settlements.map { settlement throws(StoreError) in
                try store.settle(settlement, at: now)
            }
        }
    }

    @discardableResult
    package nonisolated func releaseCall(
        _ call: Call.ID,
        at now: Timestamp
    ) async throws(StoreError) -> Bool {
        try await write { store throws(StoreError) in try store.releaseCall(call, at: now) }
    }

    package nonisolated func call(_ id: Call.ID) async throws(StoreError) -> Call? {
        try await read { store throws(StoreError) in try store.call(id) }
    }

    package nonisolated func openOrders(
        after last: Call.ID?,
        limit: Int
    ) async throws(StoreError) -> [OpenOrder] {
        try await read { store throws(StoreError) in
            try store.openOrders(after: last, limit: limit)
        }
    }
}
