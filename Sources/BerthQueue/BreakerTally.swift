package import BerthLoop

/// A closed circuit breaker's evidence since the last success.
package struct BreakerTally: Equatable, Sendable {
    /// The number of distinct requests that failed.
    package private(set) var requests = 0
    /// The tenants whose requests failed, at most ``most``.
    package private(set) var tenants: [String] = []
    /// The number of distinct requests in a row that found no connection.
    package private(set) var connections = 0
    /// Whether several models of the provider are failing.
    package private(set) var hasFailingModels = false
    /// The time of the last success; nil before the first.
    package private(set) var succeeded: Instant?
    /// The failed requests that are known, at most ``most``, so that a repeated one counts once.
    private var known: [RequestMark] = []
    private var failed: Instant?

    /// The most requests and the most tenants that are remembered.
    static let most = 16

    /// Makes a tally without evidence.
    package init() {}

    /// Makes the tally after a success.
    init(succeeded now: Instant) { succeeded = now }

    /// The tally after a failure.
    func adding(_ cause: BreakerCause, at now: Instant, _ policy: BreakerPolicy) -> BreakerTally {
        var next = self
        if let failed, now - failed > policy.memory {
            next = BreakerTally()
            next.succeeded = succeeded
        }
        next.failed = now
        switch cause {
        case .call(let request, let tenant):
            next.connections = 0
            if next.note(request) { next.requests += 1 }
            if !next.tenants.contains(tenant), next.tenants.count < Self.most {
                next.tenants.append(tenant)
            }
        case .connection(let request): if next.note(request) { next.connections += 1 }
        case .models: next.hasFailingModels = true
        }
        return next
    }

    /// The tally after an error that proves a connection.
    func reached() -> BreakerTally {
        var next = self
        next.connections = 0
        return next
    }

    /// Whether the evidence opens the breaker.
    func opens(at now: Instant, _ policy: BreakerPolicy) -> Bool {
        if connections >= policy.requests { return true }
        if let succeeded, now - succeeded < policy.window { return false }
        return hasFailingModels
            || requests >= policy.requests && tenants.count >= policy.tenants
    }

    /// - Returns: whether the request is new.
    private mutating func note(_ request: RequestMark) -> Bool {
        guard !known.contains(request) else { return false }
        known.append(request)
        if known.count > Self.most { known.removeFirst() }
        return true
    }
}
