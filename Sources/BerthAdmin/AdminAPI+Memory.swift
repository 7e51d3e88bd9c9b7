import BerthBot
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthText
import BerthWork

extension AdminAPI {
    /// The most users that a forecast is made for.
    private static var mostUsers: Int { 1_000_000 }

    /// The routes of the verb `memory`.
    var memoryRoutes: [Route] {
        [
            route("GET", "/admin/memory") { request, _ in
                if let tenant = request.query("tenant") {
                    return try self.memory.report(of: self.bot.tenants.named(tenant).name)
                }
                if let users = request.query("users") { return try await self.forecast(users) }
                return try await self.memory.report()
            },
            route("PATCH", "/admin/memory") { request, _ in
                try self.setLimit(try await self.body([String: String].self, request))
                return try await self.memory.report()
            },
        ]
    }

    private func forecast(_ text: String) async throws -> CapacityForecast {
        guard let users = Int(text), (1...AdminAPI.mostUsers).contains(users) else {
            throw BotError.badValue("users must be 1 to \(AdminAPI.mostUsers)")
        }
        return try await memory.forecast(users: users)
    }

    /// Reads a body such as `{"limit":"40MiB"}`.
    private func setLimit(_ changes: [String: String]) throws {
        guard let text = changes["limit"], changes.count == 1 else {
            throw BotError.badValue("the body must be like {\"limit\":\"40MiB\"}")
        }
        guard let limit = ByteCount(text) else {
            throw BotError.badValue(
                "'\(text.shortened(toBytes: 64))' is not a size such as 40MiB (limit)"
            )
        }
        try memory.setLimit(limit)
    }
}
