import BerthBot
import BerthHTTP
import BerthLoop
import BerthQueue
import BerthStore
import BerthWork

extension AdminAPI {
    /// The most that one list shows.
    private static var mostShown: Int { 100 }

    /// What the verb `queue` speaks to.
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
                "'\(id)' is a call of the API: its client is gone, so that nobody can ask it again"
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

    /// The name of a tenant; of a removed one its number.
    func tenant(_ id: Tenant.ID) -> String {
        bot.tenants.tenant(id)?.name ?? "(removed \(id))"
    }
}

/// The reason for which a turn is not answered again or a part not delivered again, for the operator.
struct RetryRefusal: Error, CustomStringConvertible {
    let error: BotError
    let turn: String

    var description: String {
        let name = "'\(turn.prefix(64))'"
        let noun = TroubleList.part(turn) == nil ? "turn" : "failed part"
        return switch error {
        case .noTurn, .noSession:
            "there is no \(noun) \(name), or it is deleted: see 'berth queue failed'"
        case .sessionBusy:
            "the conversation of \(name) is being answered right now: try again after that"
        case .suspended:
            "the tenant of \(name) is suspended: let it go on first, with 'berth tenant resume'"
        default: "\(name) is not answered again: \(AdminAPI.words(for: error))"
        }
    }
}
