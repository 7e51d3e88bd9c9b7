import BerthConfig
package import BerthLoop
import BerthProviders
import BerthQueue
package import BerthStore
package import BerthTelemetry

/// Reserves the worst case of a call before its provider is asked, and settles its cost afterwards.
///
/// It counts requests, tokens, pictures and money. A reservation is taken in memory first
/// (``TenantBook``), where nothing races it, and is on the disk before the provider is asked. A
/// settlement is written by a task of its own, so it is written even if the client has left and its
/// task was cancelled.
@Loop package final class Meter {
    private let store: any Store
    private let surroundings: Surroundings
    private let metrics: WorkMetrics
    private let settlements = TaskPool()
    /// Answers from the cache that the ledger does not have yet.
    private var hits: [Tenant.ID: Int] = [:]
    private var hitsTimer: Timer?
    /// The models whose provider has charged more than their price, at most as many as are
    /// configured.
    private var dearer: Set<String> = []

    /// Cache hits are batched for this long.
    ///
    /// A kill loses at most one batch.
    private static let hitsPause = Duration.milliseconds(50)

    /// Makes a meter that writes to `store`.
    package init(_ store: any Store, _ metrics: WorkMetrics, in surroundings: Surroundings) {
        self.store = store
        self.metrics = metrics
        self.surroundings = surroundings
    }

    private var clock: any Clock { surroundings.clock }

    /// The part of its quotas that a tenant has used.
    package func usage(_ tenant: LiveTenant) -> UsageInfo {
        let now = clock.timestamp
        tenant.book.turn(to: now, in: clock.month)
        return UsageInfo(
            requests: Int(tenant.book.today[.requests]),
            requestsLimit: tenant.quotas.requestsPerDay,
            tokens: Int(tenant.book.today.tokens),
            tokensLimit: tenant.quotas.tokensPerDay,
            images: Int(tenant.book.today[.images]),
            imagesLimit: tenant.quotas.imagesPerDay,
            resets: now.endOfDay,
            spentMicros: tenant.book.thisMonth[.micros],
            spendLimitMicros: tenant.quotas.spendPerMonth.micros
        )
    }

    // MARK: Reserving

    /// Holds the worst case of `ask` at `model` in its payer's book.
    ///
    /// - Throws: ``BotError/overQuota(_:wait:)`` with the true wait, ``BotError/suspended``.
    func hold<Asked: PaidAsk>(_ ask: Asked, _ model: Asked.Model) throws(BotError) -> Held {
        try ask.payer.mayAsk()
        let (amounts, now) = (ask.worstCase(model), clock.timestamp)
        let model = Asked.paid(model)
        let hold = try hold(amounts, of: ask.payer, at: now)
        var reservation = Reservation(
            tenant: ask.payer.row.id,
            turn: ask.turn,
            provider: model.provider,
            model: model.model,
            amounts: amounts
        )
        if model.lane == .image { reservation.stepKind = .picture }
        (reservation.key, reservation.sideText) = (ask.key, ask.errand?.text)
        reservation.outline = ask.outline
        return Held(PendingCall(model, ask.payer, hold, ask.mark, since: now, reservation))
    }

    private func hold(
        _ amounts: Amounts,
        of tenant: LiveTenant,
        at now: Timestamp
    ) throws(BotError) -> TenantBook.Hold {
        do throws(QuotaRefusal) {
            let month = clock.month
            return try tenant.book.hold(amounts, within: tenant.quotas, at: now, in: month)
        } catch { throw .overQuota(error, wait: max(.zero, error.resets - now)) }
    }

    /// Checks a held call against quotas that were lowered since it was held.
    ///
    /// - Throws: ``BotError/overQuota(_:wait:)``.
    func check(_ call: PendingCall) throws(BotError) {
        let payer = call.payer
        guard call.changes != payer.changes else { return }
        do throws(QuotaRefusal) { try payer.book.check(call.hold, within: payer.quotas) } catch {
            throw .overQuota(error, wait: error.resets - clock.timestamp)
        }
    }

    /// Writes a held call down, before its provider is asked.
    ///
    /// A turn that it belongs to is running from then on.
    ///
    /// - Throws: ``BotError/store(_:)`` if it could not be written. The call is released then.
    func start(
        _ held: consuming Held,
        _ permit: consuming CallPermit?
    ) async throws(BotError) -> Running {
        let reservation = held.call.reservation
        let row: Call.ID
        do { row = try await store.startCall(reservation, at: held.call.since) } catch {
            permit?.end(after: .cancelled)
            throw .store(error)
        }
        return Running(held.pass(), row: row, permit: permit, meter: self)
    }

    /// Counts an answer from the cache as a request of the tenant.
    ///
    /// It is written after the answer is given, together with the others that came meanwhile.
    ///
    /// - Throws: ``BotError/overQuota(_:wait:)`` when the day's requests are used up.
    func countHit(_ tenant: LiveTenant) throws(BotError) {
        _ = try hold(Amounts((.requests, 1)), of: tenant, at: clock.timestamp)
        hits[tenant.row.id, default: 0] += 1
        hitsTimer =
            hitsTimer
            ?? clock.schedule(after: Meter.hitsPause) { [weak self] in self?.writeHits() }
    }

    /// Writes all that were counted, in one commit.
    private func writeHits() {
        hitsTimer?.cancel()
        hitsTimer = nil
        guard !hits.isEmpty else { return }
        let (counted, now) = (hits, clock.timestamp)
        hits = [:]
        settlements.spawn { [self] in
            do { try await store.countHits(counted, at: now) } catch {
                // They are written with the next ones.
                hits.merge(counted, uniquingKeysWith: +)
                surroundings.log.error("cache hits not counted", ["why": .describing(error)])
            }
        }
    }

    // MARK: Settling

    /// Charges the tokens that a call has cost, in equal shares, rounded up, to its payer and to
    /// all on its bill.
    func settle(
        _ call: PendingCall,
        _ row: Call.ID,
        _ usage: TokenUsage,
        _ bill: Bill?,
        buying text: String? = nil
    ) -> Settled {
        metrics.tokens.add(usage.input, "input")
        metrics.tokens.add(usage.output, "output")
        metrics.cachedTokens.add(usage.cached.read, "read")
        metrics.cachedTokens.add(usage.cached.written, "written")
        if usage.isEstimated { metrics.estimates.add() }
        var whole = Amounts(
            (.inputTokens, Int64(usage.input)),
            (.outputTokens, Int64(usage.output))
        )
        whole[.micros] = call.model.price.cost(of: usage)
        note(usage, of: call.model)
        let (cost, settlements) = charge(call, row, whole, bill) { settlement, parts in
            settlement.isEstimated = usage.isEstimated
            if settlement.reservation.sideText != nil { settlement.sideText = text }
            if settlement.reservation.outline != nil { settlement.outline = text }
            settlement.cachedTokens = usage.cached.read.divided(by: parts)
            settlement.cacheWriteTokens = usage.cached.written.divided(by: parts)
        }
        let share = TokenUsage(
            input: Int(cost[.inputTokens]),
            output: Int(cost[.outputTokens]),
            isEstimated: usage.isEstimated
        )
        return Settled(share: share, settlements, by: self)
    }

    /// Charges the cost of a call in equal shares, rounded up, to its payer and to all on its bill.
    ///
    /// - Parameters:
    ///   - call: the call.
    ///   - row: its row.
    ///   - whole: the cost.
    ///   - bill: the others who share it.
    ///   - complete: sets the rest of a settlement, whose call has that many payers.
    /// - Returns: the cost of each payer, and the settlements.
    private func charge(
        _ call: PendingCall,
        _ row: Call.ID,
        _ whole: Amounts,
        _ bill: Bill?,
        _ complete: (inout Settlement, Int) -> Void
    ) -> (Amounts, [Settlement]) {
        let others = bill?.close() ?? []
        let parts = 1 + others.count
        var cost = Amounts((.requests, 1))
        for amount in [Amount.inputTokens, .outputTokens, .images, .micros] {
            cost[amount] = whole[amount].divided(by: parts)
        }
        let settlements = ([call] + others).enumerated().map { index, one in
            one.payer.book.settle(one.hold, at: cost)
            var reservation = one.reservation
            // A sharer may have expected another model than the one that answered.
            reservation.provider = call.reservation.provider
            reservation.model = call.reservation.model
            var settlement = Settlement(
                call: index == 0 ? row : nil,
                reservation: reservation,
                since: one.since,
                cost: cost,
                isEstimated: false
            )
            complete(&settlement, parts)
            return settlement
        }
        return (cost, settlements)
    }

    /// Logs once for each model that its provider's bill is above its price.
    private func note(_ usage: TokenUsage, of model: PaidModel) {
        note(bill: usage.bill, above: model.price.cost(ofTokens: usage), of: model)
    }

    private func note(bill: Int64?, above price: Int64, of model: PaidModel) {
        guard let bill, bill > price, dearer.insert(model.id).inserted else { return }
        surroundings.log.warning(
            "a provider's bill is higher than the configured price, and is what is charged",
            [
                "model": .text(model.id), "bill": .describing(Money(micros: bill)),
                "price": .describing(Money(micros: price)),
            ]
        )
    }

    /// Charges a caller that joined a call after its settlement nothing but its request.
    func settleNothing(_ held: consuming Held) -> Settled {
        let call = held.pass()
        let cost = Amounts((.requests, 1))
        call.payer.book.settle(call.hold, at: cost)
        let settlement = Settlement(
            call: nil,
            reservation: call.reservation,
            since: call.since,
            cost: cost,
            isEstimated: false
        )
        let nothing = TokenUsage(input: 0, output: 0, isEstimated: false)
        return Settled(share: nothing, [settlement], by: self)
    }

    /// Releases a call that its provider refused or was never asked.
    func release(_ call: PendingCall, _ row: Call.ID) {
        call.payer.book.release(call.hold)
        let (store, now) = (store, clock.timestamp)
        record(call.payer.name) { () throws(StoreError) in
            try await store.releaseCall(row, at: now)
        }
    }

    /// Writes settlements to the ledger, in a task of its own.
    package func write(_ settlements: [Settlement]) {
        guard !settlements.isEmpty else { return }
        let (store, now) = (store, clock.timestamp)
        record("\(settlements[0].reservation.tenant)") { () throws(StoreError) in
            try await store.settle(settlements, at: now)
        }
    }

    /// Returns when all that was to be settled is on the disk, at the service's end.
    package func drain() async {
        writeHits()
        await settlements.drain()
    }

    // MARK: Pictures

    /// Charges the pictures that a call has made, in equal shares to its payer and to all on its
    /// bill.
    func settle(
        _ call: PendingCall,
        _ row: Call.ID,
        _ made: PictureBill,
        _ bill: Bill?
    ) -> Settled {
        metrics.pictures.add(made.pictures, "made")
        let price = Int64(made.pictures) * call.model.picture
        note(bill: made.micros, above: price, of: call.model)
        let whole = Amounts(
            (.images, Int64(made.pictures)),
            (.micros, max(price, made.micros ?? 0))
        )
        let (_, settlements) = charge(call, row, whole, bill) { _, _ in }
        return Settled(settlements, by: self)
    }

    /// Charges a recording that was transcribed, at least the provider's own bill.
    func settle(
        _ call: PendingCall,
        _ row: Call.ID,
        _ made: Transcript,
        atPrice price: Int64
    ) -> Settled {
        if made.seconds == nil { metrics.estimates.add() }
        note(bill: made.micros, above: price, of: call.model)
        let whole = Amounts((.micros, max(price, made.micros ?? 0)))
        let (_, settlements) = charge(call, row, whole, nil) { settlement, _ in
            settlement.isEstimated = made.seconds == nil
            settlement.sideText = made.text
        }
        return Settled(settlements, by: self)
    }

    /// Charges a call at its reservation, because its pictures may have been made.
    ///
    /// - Parameters:
    ///   - call: the call.
    ///   - row: its row.
    ///   - isUncertain: whether nobody knows what the provider did.
    ///   - bill: the others who share it.
    /// - Returns: the settlement.
    func settleWhole(
        _ call: PendingCall,
        _ row: Call.ID,
        isUncertain: Bool,
        _ bill: Bill?
    ) -> Settled {
        metrics.estimates.add()
        let (_, settlements) = charge(call, row, call.reservation.amounts, bill) { settlement, _ in
            settlement.isEstimated = true
            settlement.isUncertain = isUncertain
        }
        return Settled(settlements, by: self)
    }

    /// Takes a call up again that an earlier run has left open.
    ///
    /// The tenant's book has its amounts already, because it was read from the ledger.
    func resume(_ call: Call, _ model: PaidModel, of payer: LiveTenant) -> Running {
        let hold = TenantBook.Hold(
            day: call.day,
            month: call.created.month.start,
            amounts: call.reserved
        )
        var reservation = Reservation(
            tenant: call.tenant,
            turn: call.turn,
            step: call.step,
            provider: call.provider,
            model: call.model,
            amounts: call.reserved
        )
        reservation.stepKind = .picture
        let pending = PendingCall(
            model,
            payer,
            hold,
            RequestMark(),
            since: call.created,
            reservation
        )
        return Running(pending, row: call.id, permit: nil, meter: self)
    }

    private func record(
        _ payer: String,
        _ change: @escaping @Loop @Sendable () async throws(StoreError) -> Void
    ) {
        let log = surroundings.log
        settlements.spawn {
            do { try await change() } catch {
                // The reservation stays: the next start charges it, so nothing is given away.
                log.error("call not settled", ["tenant": .text(payer), "why": .describing(error)])
            }
        }
    }
}

extension FixedWidthInteger {
    /// An equal part of a number that is 0 or more, rounded up.
    fileprivate func divided(by parts: Int) -> Self {
        let (whole, rest) = quotientAndRemainder(dividingBy: Self(Swift.max(1, parts)))
        return rest > 0 ? whole + 1 : whole
    }
}
