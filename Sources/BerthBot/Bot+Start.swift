import BerthLoop
import BerthProviders
import BerthStore
import BerthTelemetry

/// What a start makes of what the last run left.
extension Bot {
    /// Closes what was open, reads what must be known, and lets accepted turns go on.
    func start(
        _ database: Database,
        in surroundings: Surroundings,
        _ metrics: BotMetrics
    ) async throws(BotError) {
        try await recover(database, in: surroundings)
        metrics.uncertainCalls = try await turns.troubles().uncertain
        try await tenants.load()
        let resumed = try await turns.resume(payers: tenants.tenant)
        if resumed > 0 { surroundings.log.info("accepted turns go on", ["turns": .int(resumed)]) }
    }

    /// Marks what a killed service had asked of a provider as uncertain, turns and calls.
    ///
    /// A call whose turn has its end is settled at what the turn says: its outcome is known.
    private func recover(
        _ database: Database,
        in surroundings: Surroundings
    ) async throws(BotError) {
        let (now, choices) = (surroundings.clock.timestamp, models.choices)
        let (turns, calls) = try await database.change { (connection) throws(StoreError) in
            for call in try connection.openCallsOfEndedTurns() {
                try Bot.settle(call, choices, connection, now)
            }
            return (
                try connection.loseRunningTurns(at: now),
                try connection.chargeOpenCalls(at: now)
            )
        }
        guard turns + calls > 0 else { return }
        surroundings.log.warning(
            "the last run did not end well: open work was closed",
            ["turns_uncertain": .int(turns), "calls_uncertain": .int(calls)]
        )
    }

    fileprivate nonisolated static func settle(
        _ call: EndedCall,
        _ models: [ModelChoice],
        _ connection: Connection,
        _ now: Timestamp
    ) throws(StoreError) {
        let (input, output) = (call.inputTokens, call.outputTokens)
        let model = models.first { $0.provider.name == call.provider && $0.model == call.model }
        guard input + output > 0, let model else {
            // One of a model that is not listed any more has no price: it stays uncertain.
            if input + output == 0 { try connection.release(call.id, at: now) }
            return
        }
        let cost = CallCost(
            inputTokens: input,
            outputTokens: output,
            micros: model.price.cost(input: input, output: output),
            isEstimated: call.isEstimated
        )
        try connection.settle(call.id, at: cost, now: now)
    }
}
