package import BerthLoop

/// The limits on queued requests, per tenant and in total.
///
/// All queues of the process share one.
@Loop package final class QueueBound {
    /// The maximum number of queued requests of one tenant.
    package let perTenant: Int
    /// The maximum number of queued requests in total.
    package let total: Int
    /// The number of queued requests in total.
    package private(set) var waiting = 0

    private var byTenant: [String: Int] = [:]

    /// Makes a bound.
    ///
    /// Both numbers are raised to 1 if they are lower.
    package nonisolated init(perTenant: Int = 256, total: Int = 2_048) {
        self.perTenant = max(1, perTenant)
        self.total = max(1, total)
    }

    /// Returns the number of queued requests of `tenant`.
    package func waiting(of tenant: String) -> Int { byTenant[tenant] ?? 0 }

    /// Counts one more request.
    ///
    /// - Throws: ``QueueError`` if a limit is reached. `wait` is called only then.
    func take(for tenant: String, wait: () -> Duration) throws(QueueError) {
        try check(for: tenant, wait: wait)
        byTenant[tenant, default: 0] += 1
        waiting += 1
    }

    /// Checks both limits.
    ///
    /// - Throws: ``QueueError`` if a limit is reached. `wait` is called only then.
    func check(for tenant: String, wait: () -> Duration) throws(QueueError) {
        let own = waiting(of: tenant)
        guard own < perTenant else {
            throw .tenantFull(tenant: tenant, waiting: own, limit: perTenant, wait: wait())
        }
        guard waiting < total else {
            throw .full(tenant: tenant, waiting: waiting, limit: total, wait: wait())
        }
    }

    /// Counts one request less.
    ///
    /// A tenant without queued requests is removed from the table.
    func giveBack(for tenant: String) {
        let own = waiting(of: tenant) - 1
        byTenant[tenant] = own > 0 ? own : nil
        waiting -= 1
    }
}
