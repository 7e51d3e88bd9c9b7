package import BerthLoop
import BerthStore
package import BerthTelemetry

/// The counts of turns.
@Loop package final class BotMetrics {
    /// Turns by how they ended.
    let turns: Counter
    /// The time from a turn's acceptance to its end.
    let turnDuration: Histogram

    /// Failed attempts of turns that are retried later.
    let retries: Counter
    /// Titles and summaries by how their writing ended.
    let outlines: Counter
    /// The failures of the last seven days, or nil before the start has counted them.
    ///
    /// Only a start finds calls whose outcome is unknown.
    var troubles: TroubleCounts?

    /// Makes the families.
    package init(_ metrics: Metrics) {
        turns = metrics.counter(
            "berth_turns_total",
            help: "Turns by how they ended.",
            label: "outcome",
            values: ["done", "stopped", "failed", "uncertain", "interrupted", "refused"]
        )
        turnDuration = metrics.histogram(
            "berth_turn_seconds",
            help: "From a turn's acceptance to its end.",
            buckets: Metrics.latencyBuckets
        )
        retries = metrics.counter(
            "berth_turn_retries_total",
            help: "Failed attempts after which a turn is retried later."
        )
        outlines = metrics.counter(
            "berth_outlines_total",
            help: "Titles and summaries of conversations by how their writing ended.",
            label: "outcome",
            values: ["title", "summary", "empty", "failed"]
        )
        metrics.gauge(
            "berth_uncertain_calls",
            help: "Calls of the seven days before the start whose outcome is unknown."
        ) { [weak self] in (self?.troubles?.uncertainCalls).map { Double($0) } }
        metrics.gauge(
            "berth_asked_again_calls",
            help: "Calls of the seven days before the start that the house bears, because their "
                + "outcome is unknown and their turns were asked again."
        ) { [weak self] in (self?.troubles?.absorbedCalls).map { Double($0) } }
        metrics.gauge(
            "berth_house_dollars",
            help: "The most that the calls of berth_asked_again_calls may have cost."
        ) { [weak self] in (self?.troubles?.absorbedMicros).map { Double($0) / 1_000_000 } }
    }
}
