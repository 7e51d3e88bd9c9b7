package import BerthLoop

/// How much may wait, per tenant and in all; one for the whole process, shared by every queue.
@Loop package final class QueueBound {
    /// The most that one tenant may have waiting.
    package let perTenant: Int
    /// The most that may wait in all.
    package let total: Int
    /// Waiting now, in all.
    package private(set) var waiting = 0

    private var byTenant: [String: Int] = [:]

    /// Makes a bound; both numbers count as at least 1.
    package nonisolated init(perTenant: Int = 256, total: Int = 2_048) {
        self.perTenant = max(1, perTenant)
        self.total = max(1, total)
    }

    /// What `tenant` has waiting now.
    package func waiting(of tenant: String) -> Int { byTenant[tenant] ?? 0 }

    /// Counts one more, or says who is full; `wait` is asked only for a refusal.
    func take(for tenant: String, wait: () -> Duration) throws(QueueError) {
        try check(for: tenant, wait: wait)
        byTenant[tenant, default: 0] += 1
        waiting += 1
    }

    /// Says who is full, if anybody is; `wait` is asked only then.
    func check(for tenant: String, wait: () -> Duration) throws(QueueError) {
        let own = waiting(of: tenant)
        guard own < perTenant else {
            throw .tenantFull(tenant: tenant, waiting: own, limit: perTenant, wait: wait())
        }
        guard waiting < total else {
            throw .full(tenant: tenant, waiting: waiting, limit: total, wait: wait())
        }
    }

    /// Counts one less of what was taken; a tenant with nothing waiting is forgotten.
    func giveBack(for tenant: String) {
        let own = waiting(of: tenant) - 1
        byTenant[tenant] = own > 0 ? own : nil
        waiting -= 1
    }
}
