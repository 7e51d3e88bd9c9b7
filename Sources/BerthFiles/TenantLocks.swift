import BerthLoop
import BerthStore

/// One lock for each tenant, held while the rows and the contents of its files change together.
///
/// Waiting cannot be cancelled, and whoever holds a lock does a bounded number of operations.
@Loop final class TenantLocks {
    /// The callers that wait for each lock that is held, in order.
    private var waiting: [Tenant.ID: [CheckedContinuation<Void, Never>]] = [:]

    nonisolated init() {}

    /// Runs `body` while no other holder of the tenant's lock runs.
    func hold<Value: Sendable>(
        _ tenant: Tenant.ID,
        _ body: @Loop () async throws(FilesError) -> Value
    ) async throws(FilesError) -> Value {
        if waiting[tenant] == nil {
            waiting[tenant] = []
        } else {
            await withCheckedContinuation { waiting[tenant]?.append($0) }
        }
        defer { pass(tenant) }
        return try await body()
    }

    /// Hands the lock to the next caller.
    private func pass(_ tenant: Tenant.ID) {
        guard let queue = waiting[tenant], let next = queue.first else {
            waiting[tenant] = nil
            return
        }
        waiting[tenant] = Array(queue.dropFirst())
        next.resume()
    }
}
