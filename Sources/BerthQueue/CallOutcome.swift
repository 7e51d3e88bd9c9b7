/// How a call to a provider ended, as far as the queue must know.
package enum CallOutcome: Equatable, Sendable {
    /// The answer came whole; `latency` is the time to its first byte.
    case done(latency: Duration)
    /// It failed.
    case failed(CallFailure)
    /// Whoever asked ended it.
    case cancelled
}

/// Why a call failed; what each says about the provider is in ``ProviderGate``.
package enum CallFailure: Equatable, Sendable {
    /// 429: too many requests; nothing is sent before `retryAfter` is over.
    case rateLimited(retryAfter: Duration?)
    /// 503, 529: too much for it at the moment.
    case overloaded(retryAfter: Duration?)
    /// No first byte, or no further one, within the deadline.
    case timedOut
    /// No connection, a broken answer, another 5xx.
    case broken
    /// Our key or account is not accepted: the operator must act.
    case unusable
    /// The request itself is refused: says nothing against the provider.
    case refused
}
