import BerthLoop

/// The two tenants that were served last, and when.
struct RecentTenants {
    private var last: (tenant: String, at: Instant)?
    private var before: (tenant: String, at: Instant)?

    /// Records that `tenant` was served.
    mutating func note(_ tenant: String, at now: Instant) {
        if let last, last.tenant != tenant { before = last }
        last = (tenant, now)
    }

    /// The last time at which a tenant other than `tenant` was served; nil if there was none.
    func time(except tenant: String) -> Instant? {
        last.flatMap { $0.tenant == tenant ? before?.at : $0.at }
    }
}
