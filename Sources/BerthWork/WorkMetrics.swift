package import BerthLoop
package import BerthTelemetry

/// The counts of paid work.
@Loop package final class WorkMetrics {
    /// API calls by how they ended.
    let calls: Counter
    /// Tokens settled, by direction.
    let tokens: Counter
    /// Input tokens of the providers' prompt caches, settled.
    let cachedTokens: Counter
    /// Pictures by the way in which their orders ended.
    let pictures: Counter
    /// Calls whose tokens Berth estimated.
    let estimates: Counter
    /// The time from a call's acceptance to its first text.
    let firstToken: Histogram
    /// The time from asking for a permit to getting it.
    let queueWait: Histogram

    /// Makes the families.
    package init(_ metrics: Metrics) {
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
        cachedTokens = metrics.counter(
            "berth_cached_tokens_total",
            help: "Input tokens settled that a provider read from its prompt cache or wrote there.",
            label: "access",
            values: ["read", "written"]
        )
        pictures = metrics.counter(
            "berth_images_total",
            help: "Pictures by the way in which their orders ended.",
            label: "outcome",
            values: ["made", "shared", "cached", "failed", "refused", "cancelled"]
        )
        estimates = metrics.counter(
            "berth_estimated_calls_total",
            help:
                "Calls settled with estimated tokens, because the provider did not count them all."
        )
        firstToken = metrics.histogram(
            "berth_first_token_seconds",
            help: "Time from a call's acceptance to its first text.",
            buckets: Metrics.latencyBuckets
        )
        queueWait = metrics.histogram(
            "berth_queue_wait_seconds",
            help: "Time that a call waits in a provider's queue for its permit.",
            buckets: Metrics.latencyBuckets
        )
    }
}
