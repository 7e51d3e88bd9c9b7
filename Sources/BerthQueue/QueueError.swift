import BerthText

/// Why work was not let in, or left the queue without a permit.
package enum QueueError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The tenant has as much waiting as one tenant may; `wait` is when one of it should start.
    case tenantFull(tenant: String, waiting: Int, limit: Int, wait: Duration)
    /// All tenants together have as much waiting as may; `wait` is when the next should start.
    case full(tenant: String, waiting: Int, limit: Int, wait: Duration)
    /// The provider is not asked now; another one may be.
    case closed(provider: String, reason: String, wait: Duration)
    /// The service is stopping.
    case stopped
    /// Whoever asked has gone, or stopped it.
    case cancelled

    /// For `Retry-After`: whole seconds, rounded up, 1 or more; nil where trying again is no help.
    package var retryAfterSeconds: Int64? {
        switch self {
        case .tenantFull(_, _, _, let wait), .full(_, _, _, let wait), .closed(_, _, let wait):
            wait.secondsRoundedUp
        case .stopped, .cancelled: nil
        }
    }

    package var description: String {
        switch self {
        case .tenantFull(let tenant, let waiting, let limit, let wait):
            "'\(tenant)' has \(waiting) requests waiting and may have \(limit): "
                + "the next starts in about \(wait.secondsRoundedUp) s, try again then"
        case .full(let tenant, let waiting, let limit, let wait):
            "no room for '\(tenant)': \(waiting) requests of all tenants wait and \(limit) may: "
                + "the next starts in about \(wait.secondsRoundedUp) s, try again then"
        case .closed(let provider, let reason, let wait):
            "provider '\(provider)' \(reason): it is asked again in \(wait.secondsRoundedUp) s"
        case .stopped: "the service is stopping: try again in a moment"
        case .cancelled: "the request was stopped before it began"
        }
    }
}
