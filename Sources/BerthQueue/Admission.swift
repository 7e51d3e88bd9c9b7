package import BerthLoop

/// A gate's decision on the next call.
package enum Admission: Sendable {
    /// The call may start.
    case now(Permit)
    /// The concurrency limit is reached until a call ends.
    case busy
    /// The rate limit or a short pause of the model allows no call before this instant.
    case wait(until: Instant)
    /// The model is unavailable, so calls should go to another one if possible. `until` is the time
    /// of the next probe; nil while a probe is running.
    case closed(Closure, until: Instant?)
}
