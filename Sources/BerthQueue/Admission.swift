package import BerthLoop

/// A gate's decision on the next call.
package enum Admission: Sendable {
    /// The call may start.
    case now(Permit)
    /// The concurrency limit is reached until a call ends.
    case busy
    /// The rate limit or the provider's Retry-After allows no call before this instant.
    case wait(until: Instant)
    /// The provider is unavailable, so calls should go to another provider if possible. `until` is
    /// the time of the next probe; nil while a probe is running.
    case closed(ClosedReason, until: Instant?)
}
