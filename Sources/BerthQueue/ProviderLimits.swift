/// A provider's configured limits.
package struct ProviderLimits: Sendable {
    /// Requests a minute; nil if unlimited.
    package var requestsPerMinute: Int?
    /// Input and output tokens a minute together; nil if unlimited.
    package var tokensPerMinute: Int?
    /// The maximum number of concurrent calls, 1 or more.
    ///
    /// The actual limit is lower while the provider is overloaded.
    package var concurrency: Int
    /// The policy of the circuit breaker.
    package var breaker = BreakerPolicy()
    /// The pauses after a 429 without Retry-After.
    ///
    /// The policy's `attempts` is not used.
    package var pause = Backoff(base: .seconds(1))
    /// The longest pause that requests wait for.
    ///
    /// If the provider asks for a longer one, requests go to another provider where possible.
    package var patience: Duration = .seconds(10)

    /// Makes limits with the default circuit breaker and pauses.
    package init(
        requestsPerMinute: Int? = nil,
        tokensPerMinute: Int? = nil,
        concurrency: Int = 8
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.concurrency = concurrency
    }
}
