import BerthLoop
import BerthProviders
import BerthTelemetry

/// The log line and the count of one API call, made once at its end.
///
/// A turn reports itself.
@Loop final class CallReport {
    private let ask: Ask
    private let metrics: WorkMetrics
    private let surroundings: Surroundings

    /// Makes the report of an API call, or nil for a turn's ask.
    init?(_ ask: Ask, _ metrics: WorkMetrics, in surroundings: Surroundings) {
        guard ask.turn == nil else { return nil }
        self.ask = ask
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
                "request": .text(ask.requestID), "tenant": .text(ask.payer.name),
                "model": .text(ask.models[0].id), "outcome": .text(outcome),
                "ms": .ms(surroundings.clock.now - ask.since), "why": .text(error?.logged ?? "-"),
            ]
        )
    }
}
