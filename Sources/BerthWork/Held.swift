import BerthLoop
import BerthProviders
import BerthQueue
package import BerthStore

/// A call before its provider is asked: the model, the payer, and the reserved worst case.
///
/// It is an object, because every phase of a call carries it through suspensions, and a value of this
/// size would be a part of every one of their frames.
@Loop final class PendingCall {
    let model: PaidModel
    let payer: LiveTenant
    let hold: TenantBook.Hold
    /// The request's identity over all its attempts.
    let mark: RequestMark
    /// The time of the reservation, whose day and month are charged, in memory and on the disk.
    let since: Timestamp
    /// The reservation as the ledger records it.
    var reservation: Reservation
    /// The payer's ``LiveTenant/changes`` at the reservation.
    let changes: Int

    init(
        _ model: PaidModel,
        _ payer: LiveTenant,
        _ hold: TenantBook.Hold,
        _ mark: RequestMark,
        since: Timestamp,
        _ reservation: Reservation
    ) {
        self.model = model
        self.payer = payer
        self.hold = hold
        self.mark = mark
        self.since = since
        self.reservation = reservation
        changes = payer.changes
    }

    /// The estimated tokens of the prompt.
    var input: Int { Int(reservation.amounts[.inputTokens]) }
}

/// A call whose worst case is reserved in its payer's book: the second phase of paid work.
///
/// A value that goes out of scope gives its reservation back, so a caller that is cancelled or
/// refused on its way to the provider does nothing about it.
package struct Held: ~Copyable {
    let call: PendingCall
    private var isOpen = true

    init(_ call: PendingCall) { self.call = call }

    /// Names the turn that the call is for, which is written down after the reservation was taken.
    @Loop package func attach(to turn: Turn.ID) { call.reservation.turn = turn }

    /// Hands the reservation to the next phase.
    consuming func pass() -> PendingCall {
        var held = self
        held.isOpen = false
        return held.call
    }

    deinit {
        guard isOpen else { return }
        let call = call
        Loop.assumeIsolated { call.payer.book.release(call.hold) }
    }
}

/// Carries a held call into the task of its flight, once.
@Loop final class HeldBox {
    private var held: Held?

    init(_ held: consuming Held) { self.held = consume held }

    func take() -> Held? { held.take() }

    isolated deinit {}
}
