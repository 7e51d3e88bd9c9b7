import BerthBot
import BerthHTTP
import BerthLoop
import BerthStore
import BerthWork

/// The paths of other answers and other words, and of the branches that they make.
extension WebChannel {
    var branchRoutes: [Route] {
        [
            route("POST", "/turns/:id/again") { request, tenant, values in
                try await self.hear(request, from: tenant)
                let turn = try await self.bot.turns.again(
                    values[0],
                    with: request.query("model"),
                    by: tenant,
                    request: request.id
                )
                return self.eventsForAuthor(of: turn, tenant)
            },
            route("POST", "/turns/:id/edit") { request, tenant, values in
                try await self.hear(request, from: tenant)
                let need = self.bot.turns.need
                let (edit, memory) = try await self.body(Edit.self, request, tenant, turn: need)
                let turn = try await self.bot.turns.edit(
                    values[0],
                    to: edit.text,
                    by: tenant,
                    request: request.id,
                    memory: memory
                )
                return self.eventsForAuthor(of: turn, tenant)
            },
            route("POST", "/turns/:id/continue") { request, tenant, values in
                try await self.hear(request, from: tenant)
                let id = request.id
                let turn = try await self.bot.turns.goOn(values[0], by: tenant, request: id)
                return self.eventsForAuthor(of: turn, tenant)
            },
            route("POST", "/turns/:id/show") { request, tenant, values in
                guard let step = TurnBranch.Step(rawValue: request.query("step") ?? "same") else {
                    throw BotError.body("step is back, same or next")
                }
                try await self.bot.turns.showBranch(at: values[0], step: step, by: tenant)
                return HTTPResponse(status: 204)
            },
        ]
    }

    /// The new words of a message.
    private struct Edit: Decodable, Sendable { let text: String }
}
