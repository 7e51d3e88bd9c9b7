import BerthBot
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTelemetry
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
            route("GET", "/admin/queue/turns") { _, _ in
                OpenTurnList(self.bot.turns.open(limit: AdminAPI.mostShown))
            },
            route("GET", "/admin/queue/calls") { _, _ in
                let calls = self.bot.openCalls(limit: AdminAPI.mostShown)
                return OpenCallList(calls, at: self.surroundings.clock.now)
            },
            route("POST", "/admin/queue/resume") { request, _ in
                try self.resume(try await self.body([String: String].self, request))
            },
            route("POST", "/admin/turns/:id/retry") { _, values in
                try await self.retry(values[0])
            },
            route("POST", "/admin/turns/:id/end") { _, values in
                let id = values[0]
                guard self.bot.turns.end(id) || self.bot.endCall(id) else {
                    throw RetryRefusal(error: .noTurn, turn: id, verb: .end)
                }
                self.surroundings.log.info("work was ended by the operator", ["id": .text(id)])
                return RetryReport(ended: id)
            },
        ]
    }

    /// Reads a body such as `{"name":"openai"}` or `{"name":"openai/gpt-5"}`.
    private func resume(_ changes: [String: String]) throws -> ResumeReport {
        guard let name = changes["name"], changes.count == 1 else {
            throw BotError.badValue("the body must be like {\"name\":\"openai\"}")
        }
        let providers = bot.queues.states.map(\.provider)
        let model = bot.models.choices.first {
            $0.id == name && providers.contains($0.provider.name)
        }
        guard let provider = providers.first(where: { $0 == name }) ?? model?.provider.name else {
            throw ResumeRefusal.unknown(name, known: providers)
        }
        let isProvider = provider == name
        let count = bot.queues.resume(provider, model: isProvider ? nil : model?.model) ?? 0
        guard count > 0 else { throw ResumeRefusal.notHeld(name) }
        surroundings.log.info("calls were resumed by the operator", ["name": .text(name)])
        return ResumeReport(name: name, resumed: count)
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
        if id == Tenant.house { return Tenant.houseName }
        return bot.tenants.tenant(id)?.name ?? "(removed \(id))"
    }
}
