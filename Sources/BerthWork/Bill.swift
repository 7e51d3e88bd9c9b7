import BerthLoop
import BerthQueue

/// The other payers of one shared call, each of whom has reserved it in full.
@Loop final class Bill {
    private var shares: [Share] = []
    private var isClosed = false
    /// The wait for the call's permit, which every payer takes part in.
    private var wait: PermitWait?

    /// One payer's reservation, in a class because an array cannot hold a noncopyable value.
    @Loop private final class Share {
        let payer: LiveTenant
        private var held: Held?

        init(_ held: consuming Held) {
            payer = held.call.payer
            self.held = consume held
        }

        func pass() -> PendingCall? {
            guard let held = held.take() else { return nil }
            return held.pass()
        }

        isolated deinit {}
    }

    /// Adds a payer.
    ///
    /// - Returns: nil, or the reservation if the call is already settled and costs it nothing.
    func add(_ held: consuming Held) -> Held? {
        wait?.add(held.call.payer)
        guard !isClosed else { return held }
        shares.append(Share(held))
        return nil
    }

    /// The payers who have joined so far.
    var joined: [LiveTenant] { shares.map(\.payer) }

    /// Gives the reservations of suspended payers back, before the call is bought.
    func releaseSuspended() { shares.removeAll { (try? $0.payer.mayAsk()) == nil } }

    /// Makes every payer who joins from now on queue for the permit too.
    func queue(_ wait: PermitWait?) { self.wait = wait }

    /// The reservations at the call's end, or none the second time.
    func close() -> [PendingCall] {
        defer { shares = [] }
        isClosed = true
        return shares.compactMap { $0.pass() }
    }

    /// Gives every reservation back after a call that bought nothing.
    func release() {
        isClosed = true
        shares = []
    }
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
