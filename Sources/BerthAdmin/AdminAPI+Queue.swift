import BerthBot
import BerthHTTP
import BerthLoop
import BerthStore
import BerthWork

extension AdminAPI {
    /// The longest list of failed work.
    private static var mostShown: Int { 100 }

    /// The routes of the verb `queue`.
    var queueRoutes: [Route] {
        [
            route("GET", "/admin/queue") { _, _ in
                let troubles = try await self.bot.turns.troubles()
                return QueueReport(self.bot.queues, troubles)
            },
            route("GET", "/admin/queue/failed") { _, _ in
                let troubles = try await self.bot.turns.troubled(limit: AdminAPI.mostShown)
                return TroubleList(troubles, tenant: self.tenant)
            },
            route("POST", "/admin/turns/:id/retry") { _, values in
                try await self.retry(values[0])
            },
        ]
    }

    private func retry(_ id: String) async throws -> RetryReport {
        if TroubleList.isCall(id) {
            throw BotError.badValue(
                "'\(id)' is an API call, which cannot be retried, because its client is gone"
            )
        }
        if let part = TroubleList.part(id) {
            guard try await bot.redeliver(part) else {
                throw RetryRefusal(error: .noTurn, turn: id)
            }
            return RetryReport(part: id)
        }
        do { try await bot.retry(id) } catch { throw RetryRefusal(error: error, turn: id) }
        return RetryReport(turn: id)
    }

    /// The name of a tenant, or the number of a removed one.
    func tenant(_ id: Tenant.ID) -> String {
        bot.tenants.tenant(id)?.name ?? "(removed \(id))"
    }
}
