import BerthLoop
import BerthProviders
import BerthTelemetry

/// The log line and the count of one API call, made once at its end.
///
/// A turn reports itself.
@Loop final class CallReport {
    private let request: String
    private let tenant: String
    private let model: String
    private let since: Instant
    private let metrics: WorkMetrics
    private let surroundings: Surroundings

    /// Makes the report of an API call, or nil for a turn's ask.
    init?<Asked: PaidAsk>(
        _ ask: Asked,
        _ metrics: WorkMetrics,
        in surroundings: Surroundings
    ) {
        guard ask.turn == nil else { return nil }
        (request, tenant, since) = (ask.requestID, ask.payer.name, ask.since)
        model = Asked.paid(ask.models[0]).id
        self.metrics = metrics
        self.surroundings = surroundings
    }

    /// Reports the end, with `error` nil for an answer that came whole.
    func close(_ error: BotError?) {
        let outcome = error.map { $0.disposition.outcome } ?? "done"
        metrics.calls.add(1, outcome)
        surroundings.log.info(
            "api call",
            [
                "request": .text(request), "tenant": .text(tenant),
                "model": .text(model), "outcome": .text(outcome),
                "ms": .ms(surroundings.clock.now - since), "why": .text(error?.logged ?? "-"),
            ]
        )
    }
}
