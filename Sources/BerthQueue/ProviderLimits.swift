/// What a provider may be given, as configured.
package struct ProviderLimits: Sendable {
    /// Requests a minute; nil: as many as wanted.
    package var requestsPerMinute: Int?
    /// Tokens a minute, in and out together; nil: as many as wanted.
    package var tokensPerMinute: Int?
    /// The most calls at once, 1 or more; fewer when the provider cannot keep up.
    package var concurrency: Int
    /// When it counts as failing.
    package var breaker = BreakerPolicy()
    /// The own pauses after a 429 without Retry-After; its attempts are not used.
    package var pause = Backoff(base: .seconds(1))
    /// Up to this long a pause is waited out; after a longer one is asked for, who can goes to
    /// another provider.
    package var patience: Duration = .seconds(10)

    /// Makes limits with the house's breaker and pauses.
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
