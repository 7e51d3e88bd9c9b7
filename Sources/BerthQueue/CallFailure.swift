/// The reason why a call failed.
///
/// ``ProviderGate`` lists the effect of each.
package enum CallFailure: Equatable, Sendable {
    /// 429: too many requests. No call is made before `retryAfter` is over.
    case rateLimited(retryAfter: Duration?)
    /// 503 or 529: the provider is overloaded.
    case overloaded(retryAfter: Duration?)
    /// The first byte or a later one did not arrive in time.
    case timedOut
    /// No connection was established.
    case unreachable
    /// The answer broke off, is malformed or has another 5xx as its status.
    case broken
    /// The provider rejects the key or the account. The operator must act.
    case unusable
    /// The provider rejects the request itself, which is no sign of a failing provider.
    case refused
}
