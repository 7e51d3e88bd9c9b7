import BerthConfig
package import BerthLoop
import BerthProviders
package import BerthStore
package import BerthTelemetry

/// A call that was reserved and not yet settled.
package struct HeldCall: Sendable {
    let id: Call.ID
    let model: ModelChoice
    /// The prompt's tokens as they were estimated.
    let input: Int
}

/// What a tenant has used of the day's quotas, as people and clients see it.
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

    private enum CodingKeys: String, CodingKey {
        case requests
        case requestsLimit = "requests_limit"
        case tokens
        case tokensLimit = "tokens_limit"
        case resets = "resets_ms"
    }
}

/// Reserves what a call may cost before the provider is asked, and settles what it did cost after.
///
/// A settlement is a task of its own: it is written also when the client, and with it the request's
/// task, has gone.
@Loop package final class Meter {
    private let database: Database
    private let clock: any Clock
    private let log: Log
    private let metrics: BotMetrics
    private let settlements = TaskPool()

    /// Makes the meter.
    package init(database: Database, clock: any Clock, log: Log, metrics: BotMetrics) {
        self.database = database
        self.clock = clock
        self.log = log
        self.metrics = metrics
    }

    /// What a tenant has used today.
    package func today(_ tenant: LiveTenant) async throws(BotError) -> UsageInfo {
        let (now, id) = (clock.timestamp, tenant.row.id)
        let usage = try await database.look { (connection) throws(StoreError) in
            try connection.usage(of: id, on: now)
        }
        return UsageInfo(
            requests: usage.requests,
            requestsLimit: tenant.quotas.requestsPerDay,
            tokens: usage.tokens,
            tokensLimit: tenant.quotas.tokensPerDay,
            resets: now.endOfDay
        )
    }

    // MARK: Reserving

    /// The worst case of a call, as the ledger wants it.
    func worstCase(
        _ model: ModelChoice,
        input: Int,
        output: Int,
        for tenant: LiveTenant
    ) -> Reservation {
        Reservation(
            tenant: tenant.row.id,
            provider: model.provider.name,
            model: model.model,
            tokens: input + output,
            micros: model.price.cost(input: input, output: output)
        )
    }

    /// Holds a call's worst case, on the disk before it returns.
    ///
    /// - Throws: ``BotError/overQuota(_:wait:)`` with the true wait, or why it could not be written.
    func reserve(
        _ model: ModelChoice,
        input: Int,
        output: Int,
        for tenant: LiveTenant,
        turn: Turn.ID? = nil
    ) async throws(BotError) -> HeldCall {
        try tenant.mayAsk()
        var worstCase = worstCase(model, input: input, output: output, for: tenant)
        worstCase.turn = turn
        let (reservation, quotas, now) = (worstCase, tenant.dailyQuotas, clock.timestamp)
        do {
            let id = try await database.write { (connection) throws(StoreError) in
                try connection.reserve(reservation, within: quotas, at: now)
            }
            return HeldCall(id: id, model: model, input: input)
        } catch { throw refused(error) }
    }

    /// A refusal of the ledger with the wait that a client is told.
    func refused(_ error: StoreError) -> BotError {
        guard case .overQuota(let refusal) = error else { return BotError(error) }
        return .overQuota(refusal, wait: refusal.resets - clock.timestamp)
    }

    /// Counts an answer from the cache as a request of the tenant's: checked before the answer is
    /// given, written after.
    ///
    /// - Throws: ``BotError/overQuota(_:wait:)`` when the day's requests are used up.
    func countHit(_ tenant: LiveTenant) async throws(BotError) {
        let (id, quotas, now) = (tenant.row.id, tenant.dailyQuotas, clock.timestamp)
        do {
            // A read comes after the writes that were given before it, earlier hits' too.
            try await database.read { (connection) throws(StoreError) in
                try connection.checkQuota(of: id, within: quotas, at: now)
            }
        } catch { throw refused(error) }
        let hit = Reservation(tenant: id, provider: "cache", model: "", tokens: 0, micros: 0)
        let nothing = CallCost(inputTokens: 0, outputTokens: 0, micros: 0, isEstimated: false)
        settlements.spawn { [database, log] in
            do {
                try await database.write { (connection) throws(StoreError) in
                    let call = try connection.reserve(hit, within: quotas, at: now)
                    try connection.settle(call, at: nothing, now: now)
                }
            } catch { log.error("cache hit not counted", ["why": .describing(error)]) }
        }
    }

    // MARK: Settling

    /// Charges what a call has cost.
    func settle(_ call: HeldCall, _ usage: TokenUsage) {
        metrics.tokens.add(usage.input, "input")
        metrics.tokens.add(usage.output, "output")
        let cost = CallCost(
            inputTokens: usage.input,
            outputTokens: usage.output,
            micros: call.model.price.cost(input: usage.input, output: usage.output),
            isEstimated: usage.isEstimated
        )
        let now = clock.timestamp
        record(call) { (connection) throws(StoreError) in
            try connection.settle(call.id, at: cost, now: now)
        }
    }

    /// Ends a call that failed: what may have been bought is charged as estimated, else nothing.
    ///
    /// - Parameters:
    ///   - call: not ended before.
    ///   - error: why it failed.
    ///   - received: tokens of the answer that came before the failure.
    /// - Returns: what was charged.
    @discardableResult
    func end(_ call: HeldCall, after error: ProviderError, received: Int) -> TokenUsage? {
        if received == 0, error.meansNothingBought {
            release(call)
            return nil
        }
        let usage = TokenUsage(input: call.input, output: received, isEstimated: true)
        settle(call, usage)
        return usage
    }

    /// Gives back what was held for a call that the provider was never asked, or refused.
    func release(_ call: HeldCall) {
        let now = clock.timestamp
        record(call) { (connection) throws(StoreError) in
            try connection.release(call.id, at: now)
        }
    }

    /// Returns when all that was to be settled is on the disk; at the service's end.
    package func drain() async { await settlements.drain() }

    private func record(
        _ call: HeldCall,
        _ change: @escaping @Sendable (Connection) throws(StoreError) -> Bool
    ) {
        let (database, log) = (database, log)
        settlements.spawn {
            do {
                _ = try await database.write(change)
            } catch {
                // The reservation stays: the next start charges it, so nothing is given away.
                log.error(
                    "call not settled",
                    ["call": .describing(call.id), "why": .describing(error)]
                )
            }
        }
    }
}

extension LiveTenant {
    /// The quotas that the ledger checks.
    var dailyQuotas: DailyQuotas {
        DailyQuotas(requests: quotas.requestsPerDay, tokens: quotas.tokensPerDay)
    }
}

extension ProviderError {
    /// Whether the provider has certainly not begun to work.
    fileprivate var meansNothingBought: Bool {
        switch self {
        case .unreachable, .keyRefused, .rateLimited, .accountEmpty, .unavailable, .refused,
            .memory:
            true
        case .timedOut, .failedMidway, .cut, .malformed, .cancelled: false
        }
    }
}
