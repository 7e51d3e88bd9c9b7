import BerthText

/// The reason why a request was not queued, or left the queue without a permit.
package enum QueueError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The tenant has the maximum number of queued requests. `wait` is the estimated time until one
    /// of them starts.
    case tenantFull(tenant: String, waiting: Int, limit: Int, wait: Duration)
    /// All tenants together have the maximum number of queued requests. `wait` is the estimated
    /// time until the next one starts.
    case full(tenant: String, waiting: Int, limit: Int, wait: Duration)
    /// The model or the provider is unavailable. Another one may be tried. `wait` is the time until
    /// it is tried again.
    case closed(Closure, wait: Duration)
    /// The service is stopping.
    case stopped
    /// The caller cancelled the request.
    case cancelled

    /// The value for `Retry-After`: whole seconds, rounded up, 1 or more; nil if a retry does not
    /// help.
    package var retryAfterSeconds: Int64? {
        switch self {
        case .tenantFull(_, _, _, let wait), .full(_, _, _, let wait), .closed(_, let wait):
            wait.secondsRoundedUp
        case .stopped, .cancelled: nil
        }
    }

    package var description: String {
        switch self {
        case .tenantFull(let tenant, let waiting, let limit, let wait):
            "'\(tenant)' has \(waiting) queued requests and the limit is \(limit). "
                + "The next one starts in about \(wait.secondsRoundedUp) s; try again then"
        case .full(_, _, _, let wait):
            "the service's queue is full. The next request starts in about "
                + "\(wait.secondsRoundedUp) s; try again then"
        case .closed(let closure, let wait):
            "\(closure); it is tried again in \(wait.secondsRoundedUp) s"
        case .stopped: "the service is stopping: try again in a moment"
        case .cancelled: "the request was cancelled before it started"
        }
    }
}
