import BerthLoop
import BerthStore
import BerthTelemetry

/// The start, which takes up the work that the last run left.
extension Bot {
    /// Closes what was open, reads what must be known, and lets accepted turns go on.
    func start(
        _ store: any Store,
        _ clock: any Clock,
        _ log: Log,
        _ metrics: BotMetrics
    ) async throws(BotError) {
        try await recover(store, clock, log)
        metrics.uncertainCalls = try await turns.troubles().uncertain
        try await tenants.load()
        let resumed = try await turns.resume(payers: tenants.tenant)
        if resumed > 0 { log.info("accepted turns go on", ["turns": .int(resumed)]) }
    }

    /// Marks the work that a killed service had asked of a provider as uncertain, turns and calls.
    private func recover(
        _ store: any Store,
        _ clock: any Clock,
        _ log: Log
    ) async throws(BotError) {
        let now = clock.timestamp
        let found = try await withBotErrors { () async throws(StoreError) in
            try await store.recover(at: now)
        }
        guard found.turns + found.calls > 0 else { return }
        log.warning(
            "the last run did not end well: open work was closed",
            [
                "turns_uncertain": .int(found.turns), "calls_uncertain": .int(found.calls),
            ]
        )
    }
}
