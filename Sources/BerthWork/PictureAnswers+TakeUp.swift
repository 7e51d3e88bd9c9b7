import BerthConfig
import BerthLoop
import BerthProviders
package import BerthStore
import BerthTelemetry

/// The orders of API calls that an earlier run has left open.
extension PictureAnswers {
    /// Finds a tenant by its row, or nil for one that is removed.
    package typealias Payers = @Loop (Tenant.ID) -> LiveTenant?

    /// A request with a key whose order is taken up.
    struct TakenUp: Hashable {
        let tenant: Tenant.ID
        let key: IdempotencyKey
    }

    /// A start reads this many orders at once.
    private static nonisolated let page = 100

    /// Takes up the orders whose providers keep their jobs.
    ///
    /// Requests for the same pictures, and those with the same key, wait for their ends.
    ///
    /// - Returns: how many there are.
    /// - Throws: ``BotError`` if the database cannot be read.
    package func takeUp(payers: Payers) async throws(BotError) -> Int {
        var (count, last) = (0, Call.ID?.none)
        while true {
            let after = last
            let found: [OpenOrder]
            do throws(StoreError) {
                found = try await store.openOrders(after: after, limit: PictureAnswers.page)
            } catch { throw BotError(error) }
            guard let final = found.last else { return count }
            last = final.call.id
            for order in found {
                guard let payer = payers(order.call.tenant) else { continue }
                takeUp(order, payer)
                count += 1
            }
        }
    }

    private func takeUp(_ order: OpenOrder, _ payer: LiveTenant) {
        let flight = flights.open(order.name, of: payer, isOfEarlierRun: true)
        let key = order.key.map { TakenUp(tenant: payer.row.id, key: $0) }
        if let key { takenUp[key] = flight }
        flights.begin(flight) { [self] () throws(BotError) in
            defer { if let key { takenUp[key] = nil } }
            let open = OpenCall(order, of: payer, since: surroundings.clock.now)
            defer { open.close() }
            do throws(BotError) {
                let made = try await paid.resume(
                    KeptJob(order.job, order.call),
                    ask(for: order, payer, flight, open)
                )
                await keep(made, of: order, payer)
                report(order, payer, nil)
                return made
            } catch {
                let error = open.reason ?? error
                report(order, payer, error)
                throw error
            }
        }
    }

    /// The order as an ask, whose prompt nobody needs any more.
    private func ask(
        for order: OpenOrder,
        _ payer: LiveTenant,
        _ flight: PictureFlight,
        _ open: OpenCall
    ) -> PictureAsk {
        let request = PictureRequest(prompt: "", count: Int(order.call.reserved[.images]))
        let plain = PictureAsk(request, [], payer, since: surroundings.clock.now)
        var ask = plain.flying(in: flight).opened(as: open)
        ask.name = order.name
        ask.leavesJobs = { [weak open] in Task.isCancelled && open?.reason == nil }
        return ask
    }

    /// Keeps pictures for the requests that will ask for them, before their call is settled.
    private func keep(_ made: MadePictures, of order: OpenOrder, _ payer: LiveTenant) async {
        if made.pictures.count >= order.call.reserved[.images] { await keep(made, order.name) }
        guard let key = order.key else { return }
        let now = surroundings.clock.timestamp
        do throws(StoreError) {
            try await store.keepOutcome(
                KeptOutcome(pictures: made.pictures.map(\.original), at: now),
                of: key,
                for: payer.row.id,
                within: min(IdempotencyKey.mostKept, payer.quotas.disk),
                at: now
            )
        } catch {
            surroundings.log.warning(
                "outcome of an Idempotency-Key not kept",
                ["tenant": .text(payer.name), "why": .describing(error)]
            )
        }
    }

    private func report(_ order: OpenOrder, _ payer: LiveTenant, _ error: BotError?) {
        let outcome = error?.disposition.outcome
        if let outcome { metrics.pictures.add(Int(order.call.reserved[.images]), outcome) }
        surroundings.log.info(
            "order of an earlier run",
            [
                "tenant": .text(payer.name), "model": .text(PaidModel(of: order.call).id),
                "outcome": .text(outcome ?? "done"), "why": .text(error?.logged ?? "-"),
            ]
        )
    }

    /// Waits for the end of an order of an earlier run, if a request with its key was taken up.
    ///
    /// - Throws: ``BotError`` of the order, or because the task is cancelled.
    package func awaitTakenUp(
        _ key: IdempotencyKey,
        of tenant: LiveTenant
    ) async throws(BotError) {
        guard let flight = takenUp[TakenUp(tenant: tenant.row.id, key: key)] else { return }
        let request = PictureRequest(prompt: "")
        let ask = PictureAsk(request, [], tenant, since: surroundings.clock.now)
        _ = try await flight.enter(ask).pictures()
    }

    /// Ends every order under way, leaves its job to the next start, and returns when all have ended.
    package func close() async { await flights.close() }
}
