package import BerthBot
import BerthChannels
package import BerthFiles
package import BerthHTTP
package import BerthLoop
import BerthStore
package import BerthTelemetry
import BerthWork

/// The server of the admin socket.
///
/// It offers administration, and the conversations of any tenant for `berth chat --tenant`.
@Loop package final class AdminServer {
    /// The socket's name in the data folder.
    package static nonisolated let socketName = "admin.sock"
    /// The name of the header that names the tenant for whom a local process speaks.
    package static nonisolated let tenantHeader = "x-berth-tenant"

    private let router: Router
    private let api: AdminAPI

    /// Makes the server.
    ///
    /// `owner` is the uid of the service. `more` are routes that the public address has too.
    package init(
        bot: Bot,
        memory: MemoryReports,
        governor: DiskGovernor,
        owner: UInt32,
        more: [Route],
        in surroundings: Surroundings
    ) {
        api = AdminAPI(
            bot: bot,
            memory: memory,
            governor: governor,
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
            return Credential(forOneRequestOf: try bot.tenants.named(name))
        }
        router = Router([api.routes, terminal.routes, more].flatMap { $0 })
    }

    /// Answers a request, or refuses it with 403 if its peer may not administer.
    package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        Loop.works(on: WorkLabel(request.path, request: request.id))
        guard api.allows(request.peer) else {
            return .error(403, "only root and the service's own user may administer it")
        }
        return await router.answer(request)
    }
}
