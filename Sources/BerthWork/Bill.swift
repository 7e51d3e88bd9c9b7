import BerthLoop
import BerthQueue

/// The other payers of one shared call, each of whom has reserved it in full.
@Loop final class Bill {
    private var shares: [Share] = []
    private var isClosed = false
    /// Whether the payers were charged.
    private(set) var isCharged = false
    /// Whether the call's provider has been asked.
    private(set) var isAsked = false
    /// The wait for the call's permit, which every payer takes part in.
    private var wait: PermitWait?

    /// One payer's reservation, in a class because an array cannot hold a noncopyable value.
    @Loop private final class Share {
        let call: PendingCall
        private weak var reader: (any BillReader)?
        private var held: Held?

        init(_ held: consuming Held, for reader: any BillReader) {
            call = held.call
            self.reader = reader
            self.held = consume held
        }

        /// Gives the reservation back and ends the payer's reading for a reason of its own.
        func refuse(_ reason: BotError) {
            held = nil
            reader?.interrupt(reason)
        }

        func pass() -> PendingCall? {
            guard let held = held.take() else { return nil }
            return held.pass()
        }

        isolated deinit {}
    }

    /// Adds a payer, who waits as `reader`.
    ///
    /// - Returns: nil, or the reservation if the call is already settled and costs it nothing.
    func add(_ held: consuming Held, for reader: any BillReader) -> Held? {
        wait?.add(held.call.payer)
        guard !isClosed else { return held }
        shares.append(Share(held, for: reader))
        return nil
    }

    /// The payers who have joined so far.
    var joined: [LiveTenant] { shares.map(\.call.payer) }

    /// Refuses the payers for whom `check` throws, before the call is bought.
    ///
    /// Each of them is told its own reason. The call goes on for the others.
    func refuse(by check: (PendingCall) throws(BotError) -> Void) {
        shares.removeAll { share in
            do throws(BotError) { try check(share.call) } catch {
                share.refuse(error)
                return true
            }
            return false
        }
    }

    /// Notes that the call's provider is asked now.
    func asks() { isAsked = true }

    /// Makes every payer who joins from now on queue for the permit too.
    func queue(_ wait: PermitWait?) { self.wait = wait }

    /// The reservations at the call's end, or none the second time.
    func close() -> [PendingCall] {
        defer { shares = [] }
        (isClosed, isCharged) = (true, true)
        return shares.compactMap { $0.pass() }
    }

    /// Gives every reservation back after a call that bought nothing.
    func release() {
        isClosed = true
        shares = []
    }
}

/// A payer's wait for the thing that a shared call buys.
@Loop protocol BillReader: AnyObject {
    /// Ends the wait with a reason that its caller is told.
    func interrupt(_ reason: BotError)
}

/// The wait of several payers for one permit.
@Loop final class PermitWait {
    private let request: SharedRequest
    private let queues: ProviderQueues
    private let call: PendingCall

    init(_ request: SharedRequest, for call: PendingCall, in queues: ProviderQueues) {
        self.request = request
        self.call = call
        self.queues = queues
    }

    /// Queues for the permit in the name of `payer` too.
    func add(_ payer: LiveTenant) { request.add(queues.request(call, payer)) }

    /// Waits for the permit.
    ///
    /// - Throws: ``QueueError`` when it is refused to every payer.
    func permit() async throws(QueueError) -> Permit { try await request.permit() }
}
