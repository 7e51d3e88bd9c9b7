import BerthLoop
import BerthProviders
import BerthStore

/// A call that was reserved and not yet settled.
@Loop final class HeldCall {
    let model: ModelChoice
    let payer: LiveTenant
    let hold: TenantBook.Hold
    /// The prompt's tokens as they were estimated.
    let input: Int
    /// What the ledger records of it.
    var reservation: Reservation
    /// Its row in the ledger; nil until the provider is about to be asked.
    var row: Call.ID?
    private var isEnded = false

    init(
        _ model: ModelChoice,
        _ payer: LiveTenant,
        _ hold: TenantBook.Hold,
        input: Int,
        _ reservation: Reservation
    ) {
        self.model = model
        self.payer = payer
        self.hold = hold
        self.input = input
        self.reservation = reservation
    }

    /// Takes the right to end it: true once.
    func end() -> Bool {
        defer { isEnded = true }
        return !isEnded
    }
}

/// One upstream call whose cost several askers share: each has reserved it in full.
@Loop final class SharedBill {
    private var others: [HeldCall] = []
    private var isClosed = false

    /// Adds an asker beside the one whose call it is.
    ///
    /// - Returns: false when the call is settled already, and costs the asker nothing.
    func add(_ call: HeldCall) -> Bool {
        if !isClosed { others.append(call) }
        return !isClosed
    }

    /// The other askers, at the call's end; none the second time.
    func close() -> [HeldCall] {
        defer { others = [] }
        isClosed = true
        return others
    }
}
