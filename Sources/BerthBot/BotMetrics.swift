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
    }
}
