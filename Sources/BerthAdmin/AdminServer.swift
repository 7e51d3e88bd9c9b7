package import BerthBot
import BerthChannels
package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthStore
package import BerthTelemetry
import BerthWork

/// What the admin socket answers: administration, and the conversations of any tenant for
/// `berth chat --tenant`.
@Loop package final class AdminServer {
    /// The socket's name in the data folder.
    package static nonisolated let socketName = "admin.sock"
    /// Names the tenant that a local process speaks for.
    package static nonisolated let tenantHeader = "x-berth-tenant"

    private let router: Router
    private let api: AdminAPI

    /// Makes it; `owner` is the uid of the service, `more` are routes that the public address has
    /// too.
    package init(
        bot: Bot,
        memory: MemoryReports,
        configuration: Configuration,
        owner: UInt32,
        more: [Route],
        in surroundings: Surroundings
    ) {
        api = AdminAPI(
            bot: bot,
            memory: memory,
            defaults: configuration.quotas,
            owner: owner,
            in: surroundings
        )
        let terminal = WebChannel(
            bot: bot,
            in: surroundings,
            name: .terminal,
            prefix: "/terminal"
        ) { (request) throws(BotError) in
            guard let name = request.headers[AdminServer.tenantHeader] else { return nil }
            return Credential(socketFor: try bot.tenants.named(name))
        }
        router = Router([api.routes, terminal.routes, more].flatMap { $0 })
    }

    /// Answers whoever may administer.
    package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard api.allows(request.peer) else {
            return .error(403, "only root and the service's own user may administer it")
        }
        return await router.answer(request)
    }
}
