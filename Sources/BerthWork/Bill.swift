import BerthLoop
import BerthQueue

/// The other payers of one shared call, each of whom has reserved it in full.
@Loop final class Bill {
    private var shares: [Share] = []
    private var isClosed = false
    /// Whether the call's provider has been asked.
    private(set) var isAsked = false
    /// The wait for the call's permit, which every payer takes part in.
    private var wait: PermitWait?

    /// One payer's reservation, in a class because an array cannot hold a noncopyable value.
    @Loop private final class Share {
        let call: PendingCall
        private weak var answer: SharedAnswer?
        private var held: Held?

        init(_ held: consuming Held, for answer: SharedAnswer) {
            call = held.call
            self.answer = answer
            self.held = consume held
        }

        /// Gives the reservation back and ends the payer's reading for a reason of its own.
        func refuse(_ reason: BotError) {
            held = nil
            answer?.interrupt(reason)
        }

        func pass() -> PendingCall? {
            guard let held = held.take() else { return nil }
            return held.pass()
        }

        isolated deinit {}
    }

    /// Adds a payer, who reads `answer`.
    ///
    /// - Returns: nil, or the reservation if the call is already settled and costs it nothing.
    func add(_ held: consuming Held, for answer: SharedAnswer) -> Held? {
        wait?.add(held.call.payer)
        guard !isClosed else { return held }
        shares.append(Share(held, for: answer))
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
