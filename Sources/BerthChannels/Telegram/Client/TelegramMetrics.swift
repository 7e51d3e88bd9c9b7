package import BerthLoop
package import BerthTelemetry

/// The metrics of all Telegram bots.
@Loop package final class TelegramMetrics {
    /// Updates by kind, beside the duplicates that were left out.
    package let updates: Counter
    /// The time from a message to its arrival.
    package let lag: Histogram
    /// Calls by how they ended.
    let calls: Counter
    /// The budgets of the bots, by name.
    private var budgets: [String: SendBudget] = [:]
    /// The instants at which each bot last had an answer with updates, or none.
    private var heard: [String: Instant] = [:]

    /// The values of the label of ``updates``.
    package static nonisolated let kinds = [
        "message", "command", "edited", "button", "membership", "migrated", "stopped", "ignored",
        "duplicate",
    ]

    /// Makes the families.
    ///
    /// - Parameters:
    ///   - bots: the names of the bots.
    ///   - surroundings: their metrics get the families.
    package init(_ bots: [String], in surroundings: Surroundings) {
        let (metrics, clock) = (surroundings.metrics, surroundings.clock)
        updates = metrics.counter(
            "berth_telegram_updates_total",
            help: "Updates from Telegram by kind.",
            label: "kind",
            values: Self.kinds
        )
        lag = metrics.histogram(
            "berth_telegram_lag_seconds",
            help: "From a message's date to its arrival.",
            buckets: Metrics.latencyBuckets
        )
        calls = metrics.counter(
            "berth_telegram_calls_total",
            help: "Calls of the Bot API by how they ended.",
            label: "outcome",
            values: ["done", "refused", "unreachable", "flood", "conflict", "unsent", "uncertain"]
        )
        metrics.gauge(
            "berth_telegram_parked_chats",
            help: "Chats to which nothing is sent until a flood is over.",
            label: "bot",
            values: bots
        ) { [weak self] in self?.budgets[$0].map { Double($0.parked) } }
        metrics.gauge(
            "berth_telegram_waiting_calls",
            help: "Calls that wait for a slot of the bot's budget.",
            label: "bot",
            values: bots
        ) { [weak self] in self?.budgets[$0].map { Double($0.waiting) } }
        metrics.gauge(
            "berth_telegram_silence_seconds",
            help: "Since Telegram last answered a question for updates or called the webhook.",
            label: "bot",
            values: bots
        ) { [weak self] in
            self?.heard[$0].map { Double((clock.now - $0).milliseconds()) / 1000 }
        }
    }

    /// Shows a bot's budget.
    package func show(_ budget: SendBudget, of bot: String) { budgets[bot] = budget }

    /// Notes that Telegram has answered a question for updates or called the webhook.
    package func heard(_ bot: String, at now: Instant) { heard[bot] = now }

    /// Counts a call; `failure` is nil for a success.
    func count(_ failure: TelegramFailure?) {
        let outcome: String
        switch failure {
        case nil: outcome = "done"
        case .flood: outcome = "flood"
        case .chatUnreachable: outcome = "unreachable"
        case .conflict: outcome = "conflict"
        case .notSent: outcome = "unsent"
        case .unknown, .cancelled: outcome = "uncertain"
        default: outcome = "refused"
        }
        calls.add(1, outcome)
    }
}
