package import BerthLoop
package import BerthTelemetry

/// What the bot counts.
@Loop package final class BotMetrics {
    /// Turns by how they ended.
    let turns: Counter
    /// API calls by how they ended.
    let calls: Counter
    /// Tokens settled, by direction.
    let tokens: Counter
    /// From a call's acceptance to its first text.
    let firstToken: Histogram
    /// From a turn's acceptance to its end.
    let turnDuration: Histogram

    /// From asking for a permit to getting it.
    let queueWait: Histogram
    /// Turns that were put off, to be tried again.
    let retries: Counter
    /// Calls of the last seven days whose outcome nobody knows; nil: they were not counted yet.
    ///
    /// Only a start finds such calls, so that they are counted there.
    var uncertainCalls: Int?

    /// Makes the families.
    package init(_ metrics: Metrics) {
        turns = metrics.counter(
            "berth_turns_total",
            help: "Turns by how they ended.",
            label: "outcome",
            values: ["done", "stopped", "failed", "interrupted", "refused"]
        )
        calls = metrics.counter(
            "berth_api_calls_total",
            help: "API calls by how they ended.",
            label: "outcome",
            values: ["done", "failed", "refused", "cancelled", "cached"]
        )
        tokens = metrics.counter(
            "berth_tokens_total",
            help: "Tokens settled, by direction.",
            label: "direction",
            values: ["input", "output"]
        )
        firstToken = metrics.histogram(
            "berth_first_token_seconds",
            help: "From a call's acceptance to its first text.",
            buckets: Metrics.latencyBuckets
        )
        turnDuration = metrics.histogram(
            "berth_turn_seconds",
            help: "From a turn's acceptance to its end.",
            buckets: Metrics.latencyBuckets
        )
        queueWait = metrics.histogram(
            "berth_queue_wait_seconds",
            help: "From a call's coming to a provider's queue to its leave to go.",
            buckets: Metrics.latencyBuckets
        )
        retries = metrics.counter(
            "berth_turn_retries_total",
            help: "Failed attempts after which a turn was put off to be tried again."
        )
        metrics.gauge(
            "berth_uncertain_calls",
            help: "Calls of the seven days before the start whose outcome is not known."
        ) { [weak self] in self?.uncertainCalls.map { Double($0) } }
    }
}
