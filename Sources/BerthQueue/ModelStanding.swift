import BerthLoop

/// The trouble that a model has, and the trouble that single tenants have with it.
struct ModelStanding {
    /// Closed to all tenants.
    var breaker = CircuitBreaker.fresh
    /// The refusals without a pause.
    var refusals = RefusalSeries()
    /// The calls that are being answered.
    var answering = 0
    /// The time of the last success; nil before the first.
    private(set) var succeeded: Instant?
    private var served = RecentTenants()
    /// The tenants that have asked for a permit.
    private var asking = RecentTenants()
    private(set) var tenants: [String: TenantStanding] = [:]

    /// The most tenants whose trouble is kept.
    ///
    /// A further one replaces the tenant whose trouble is oldest.
    static let mostTenants = 256

    /// Records an answer to `tenant`.
    mutating func succeeded(for tenant: String, at now: Instant) {
        succeeded = now
        refusals.end()
        served.note(tenant, at: now)
    }

    /// Records that `tenant` asks for a permit.
    mutating func asks(_ tenant: String, at now: Instant) { asking.note(tenant, at: now) }

    /// Whether a tenant other than `tenant` has asked since `start`.
    func isAsked(byOthersThan tenant: String, since start: Instant) -> Bool {
        asking.time(except: tenant).map { $0 >= start } ?? false
    }

    /// Changes what is kept of a tenant's trouble, if anything is or if it begins now.
    mutating func change(
        _ tenant: String,
        begins: Bool = false,
        at now: Instant,
        memory: Duration,
        _ change: (inout TenantStanding) -> Void
    ) {
        guard begins || tenants[tenant] != nil else { return }
        if tenants[tenant] == nil { makeRoom(at: now, memory: memory) }
        var standing = tenants[tenant] ?? TenantStanding(touched: now)
        if begins { standing.touched = now }
        change(&standing)
        tenants[tenant] = standing
    }

    /// Whether an overload is the trouble of `tenant` alone, because another tenant was answered
    /// since this one's last overload.
    func isTroubleOfOne(_ tenant: String) -> Bool {
        guard let last = tenants[tenant]?.overran, let other = served.time(except: tenant) else {
            return false
        }
        return other > last
    }

    /// Forgets all trouble.
    mutating func resume() {
        breaker = .fresh
        refusals.end()
        tenants = [:]
    }

    private mutating func makeRoom(at now: Instant, memory: Duration) {
        guard tenants.count >= ModelStanding.mostTenants else { return }
        tenants = tenants.filter { now - $0.value.touched <= memory }
        guard tenants.count >= ModelStanding.mostTenants else { return }
        let oldest = tenants.min { ($0.value.touched, $0.key) < ($1.value.touched, $1.key) }
        if let oldest { tenants[oldest.key] = nil }
    }
}
