import BerthLoop
import BerthProviders
import BerthStore

/// A call that was reserved and not yet settled.
///
/// One that is dropped gives back what it held: whoever is cancelled or refused on the way to the
/// provider need not think of it. A call that may have been bought is always ended in words.
@Loop final class HeldCall {
    let model: ModelChoice
    let payer: LiveTenant
    let hold: TenantBook.Hold
    /// When it was reserved: the day that it is charged to, in memory and on the disk.
    let since: Timestamp
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
        since: Timestamp,
        input: Int,
        _ reservation: Reservation
    ) {
        self.model = model
        self.payer = payer
        self.hold = hold
        self.since = since
        self.input = input
        self.reservation = reservation
    }

    isolated deinit { if !isEnded { payer.book.release(hold) } }

    /// Takes the right to end it: true once.
    func end() -> Bool {
        defer { isEnded = true }
        return !isEnded
    }
}

/// One upstream call whose cost several askers share: each has reserved it in full.
@Loop final class SharedBill {
    /// While the call waits: whoever joins stands in line for it too.
    var onJoin: (@Loop (LiveTenant) -> Void)?
    private var others: [HeldCall] = []
    private var isClosed = false

    /// Adds an asker beside the one whose call it is.
    ///
    /// - Returns: false when the call is settled already, and costs the asker nothing.
    func add(_ call: HeldCall) -> Bool {
        if !isClosed { others.append(call) }
        onJoin?(call.payer)
        return !isClosed
    }

    /// Who has joined so far.
    var joined: [LiveTenant] { others.map(\.payer) }

    /// The other askers, at the call's end; none the second time.
    func close() -> [HeldCall] {
        defer { others = [] }
        isClosed = true
        return others
    }
}
