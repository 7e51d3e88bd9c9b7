import BerthConfig
package import BerthLoop
import BerthProviders
package import BerthStore
package import BerthTelemetry

/// What a tenant has used of its quotas, as people and clients see it.
package struct UsageInfo: Encodable, Sendable {
    /// Calls today.
    package let requests: Int
    /// The most a day.
    package let requestsLimit: Int
    /// Tokens in and out today, those held for running calls included.
    package let tokens: Int
    /// The most a day.
    package let tokensLimit: Int
    /// When the day ends.
    package let resets: Timestamp
    /// Millionths of a dollar this month, those held for running calls included.
    package let spentMicros: Int64
    /// The most a month.
    package let spendLimitMicros: Int64

    private enum CodingKeys: String, CodingKey {
        case requests
        case requestsLimit = "requests_limit"
        case tokens
        case tokensLimit = "tokens_limit"
        case resets = "resets_ms"
        case spentMicros = "spent_micros"
        case spendLimitMicros = "spend_limit_micros"
    }
}

/// Reserves what a call may cost before the provider is asked, and settles what it did cost after:
/// the one engine for requests, tokens and money.
///
/// A reservation is taken in memory first (``TenantBook``), where it cannot be raced, and is on the
/// disk before the provider is asked. A settlement is a task of its own: it is written also when the
/// client, and with it the request's task, has gone.
@Loop package final class Meter {
    private let database: Database
    private let surroundings: Surroundings
    private let metrics: BotMetrics
    private let settlements = TaskPool()
    /// Hits that the ledger does not have yet.
    private var hits: [Tenant.ID: Int] = [:]
    private var hitsTimer: Timer?

    /// How long hits are gathered before they are written: what a kill may leave uncounted.
    private static let hitsPause = Duration.milliseconds(50)

    /// Makes the meter.
    package init(database: Database, in surroundings: Surroundings, metrics: BotMetrics) {
        self.database = database
        self.surroundings = surroundings
        self.metrics = metrics
    }

    /// What a tenant has used.
    package func usage(_ tenant: LiveTenant) -> UsageInfo {
        let now = surroundings.clock.timestamp
        tenant.book.turn(to: now)
        return UsageInfo(
            requests: tenant.book.requests,
            requestsLimit: tenant.quotas.requestsPerDay,
            tokens: tenant.book.tokens,
            tokensLimit: tenant.quotas.tokensPerDay,
            resets: now.endOfDay,
            spentMicros: tenant.book.micros,
            spendLimitMicros: tenant.quotas.spendPerMonth.micros
        )
    }

    // MARK: Reserving

    /// Holds a call's worst case in memory.
    ///
    /// - Throws: ``BotError/overQuota(_:wait:)`` with the true wait.
    func hold(
        _ model: ModelChoice,
        input: Int,
        output: Int,
        for tenant: LiveTenant,
        turn: Turn.ID? = nil
    ) throws(BotError) -> HeldCall {
        try tenant.mayAsk()
        let reservation = Reservation(
            tenant: tenant.row.id,
            turn: turn,
            provider: model.provider.name,
            model: model.model,
            tokens: input + output,
            micros: model.price.cost(input: input, output: output)
        )
        let now = surroundings.clock.timestamp
        do throws(QuotaRefusal) {
            let hold = try tenant.book.hold(
                tokens: reservation.tokens,
                micros: reservation.micros,
                within: tenant.quotas,
                at: now
            )
            return HeldCall(model, tenant, hold, since: now, input: input, reservation)
        } catch { throw .overQuota(error, wait: error.resets - now) }
    }

    /// Writes a held call down, with what else must be on the disk before its provider is asked.
    ///
    /// - Throws: why it could not be written; the call is then released.
    func write(_ call: HeldCall, with more: LedgerNote?) async throws(BotError) {
        let (reservation, since) = (call.reservation, call.since)
        do {
            call.row = try await database.write { (connection) throws(StoreError) in
                try more?(connection)
                return try connection.reserve(reservation, at: since)
            }
        } catch {
            release(call)
            throw .store(error)
        }
    }

    /// Counts an answer from the cache as a request of the tenant's: it is written after the answer
    /// is given, together with the others that came meanwhile.
    ///
    /// - Throws: ``BotError/overQuota(_:wait:)`` when the day's requests are used up.
    func countHit(_ tenant: LiveTenant) throws(BotError) {
        let now = surroundings.clock.timestamp
        do throws(QuotaRefusal) {
            try tenant.book.countHit(within: tenant.quotas, at: now)
        } catch { throw .overQuota(error, wait: error.resets - now) }
        hits[tenant.row.id, default: 0] += 1
        hitsTimer =
            hitsTimer
            ?? surroundings.clock.schedule(after: Meter.hitsPause) { [weak self] in
                self?.writeHits()
            }
    }

    /// Writes all that were counted, in one commit.
    private func writeHits() {
        hitsTimer?.cancel()
        hitsTimer = nil
        guard !hits.isEmpty else { return }
        let (counted, now) = (hits, surroundings.clock.timestamp)
        hits = [:]
        settlements.spawn { [self] in
            do {
                try await database.write { (connection) throws(StoreError) in
                    for (tenant, count) in counted {
                        try connection.countHits(count, of: tenant, at: now)
                    }
                }
            } catch {
                // They are written with the next ones.
                hits.merge(counted, uniquingKeysWith: +)
                surroundings.log.error("cache hits not counted", ["why": .describing(error)])
            }
        }
    }

    // MARK: Settling

    /// Charges what a call has cost; shared out, rounded up, where others have asked for the same.
    ///
    /// - Returns: the share of each.
    @discardableResult
    func settle(_ call: HeldCall, _ usage: TokenUsage, with others: [HeldCall] = []) -> TokenUsage {
        metrics.tokens.add(usage.input, "input")
        metrics.tokens.add(usage.output, "output")
        let parts = 1 + others.count
        let micros = call.model.price.cost(input: usage.input, output: usage.output)
        let share = CallCost(
            inputTokens: usage.input.divided(by: parts),
            outputTokens: usage.output.divided(by: parts),
            micros: Int64(Int(micros).divided(by: parts)),
            isEstimated: usage.isEstimated
        )
        for other in others {
            other.reservation.provider = call.reservation.provider
            other.reservation.model = call.reservation.model
        }
        for one in [call] + others { charge(one, share) }
        return TokenUsage(
            input: share.inputTokens,
            output: share.outputTokens,
            isEstimated: usage.isEstimated
        )
    }

    private func charge(_ call: HeldCall, _ cost: CallCost) {
        guard call.end() else { return }
        let used = cost.inputTokens + cost.outputTokens
        call.payer.book.settle(call.hold, tokens: used, micros: cost.micros)
        let (row, reservation, since) = (call.row, call.reservation, call.since)
        let now = surroundings.clock.timestamp
        record(call) { (connection) throws(StoreError) in
            // Who shares another's call has no row of its own before.
            let row = if let row { row } else { try connection.reserve(reservation, at: since) }
            try connection.settle(row, at: cost, now: now)
        }
    }

    /// Ends a call that failed: what may have been bought is charged as estimated, else nothing.
    ///
    /// - Parameters:
    ///   - call: not ended before.
    ///   - error: why it failed.
    ///   - received: tokens of the answer that came before the failure.
    ///   - others: who share it.
    /// - Returns: each one's share; nil where nothing was charged.
    @discardableResult
    func end(
        _ call: HeldCall,
        after error: ProviderError,
        received: Int,
        with others: [HeldCall] = []
    ) -> TokenUsage? {
        if received == 0, error.meansNothingBought {
            for one in [call] + others { release(one) }
            return nil
        }
        let usage = TokenUsage(input: call.input, output: received, isEstimated: true)
        return settle(call, usage, with: others)
    }

    /// Gives back what was held for a call that the provider was never asked, or refused.
    func release(_ call: HeldCall) {
        guard call.end() else { return }
        call.payer.book.release(call.hold)
        guard let row = call.row else { return }
        let now = surroundings.clock.timestamp
        record(call) { (connection) throws(StoreError) in try connection.release(row, at: now) }
    }

    /// Returns when all that was to be settled is on the disk; at the service's end.
    package func drain() async {
        writeHits()
        await settlements.drain()
    }

    private func record(
        _ call: HeldCall,
        _ change: @escaping @Sendable (Connection) throws(StoreError) -> Void
    ) {
        let (database, log, payer) = (database, surroundings.log, call.payer.name)
        settlements.spawn {
            do { try await database.write(change) } catch {
                // The reservation stays: the next start charges it, so nothing is given away.
                log.error(
                    "call not settled",
                    ["tenant": .text(payer), "why": .describing(error)]
                )
            }
        }
    }
}

/// What is written together with a call's row.
typealias LedgerNote = @Sendable (Connection) throws(StoreError) -> Void

extension Int {
    /// Rounded up; 0 or more parts of a number that is 0 or more.
    fileprivate func divided(by parts: Int) -> Int {
        let (whole, rest) = quotientAndRemainder(dividingBy: Swift.max(1, parts))
        return rest > 0 ? whole + 1 : whole
    }
}

extension ProviderError {
    /// Whether the provider has certainly not begun to work.
    var meansNothingBought: Bool {
        switch self {
        case .unreachable, .keyRefused, .rateLimited, .accountEmpty, .unavailable, .refused,
            .memory, .busy:
            true
        case .timedOut, .failedMidway, .cut, .malformed, .memoryMidway, .cancelled: false
        }
    }
}
