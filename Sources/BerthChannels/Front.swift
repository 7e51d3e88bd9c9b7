package import BerthBot
package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthStore
package import BerthTelemetry
import BerthWork

/// Everything that the public address answers: the web chat, the OpenAI-compatible API, and what
/// the administration adds; each request is checked, counted and logged here.
@Loop package final class Front {
    private let router: Router
    private let hosts: HostGuard
    private let surroundings: Surroundings
    private let requests: Counter
    private let duration: Histogram

    /// Makes the front; `more` are further routes, which need nobody to be logged in (health,
    /// metrics).
    package init(
        _ configuration: Configuration,
        bot: Bot,
        more: [Route],
        in surroundings: Surroundings
    ) {
        hosts = HostGuard(url: configuration.url, listen: configuration.listen)
        let site = WebSite(bot: bot, url: configuration.url, hosts: hosts, in: surroundings)
        let web = WebChannel(bot: bot, in: surroundings, place: .web, prefix: "/web") {
            (request) throws(BotError) in
            try site.credential(of: request)
        }
        let terminal = WebChannel(
            bot: bot,
            in: surroundings,
            place: .terminal,
            prefix: "/terminal"
        ) { (request) throws(BotError) in
            request.bearerKey.flatMap { bot.tenants.credential(ofKey: $0) }
        }
        let api = OpenAIChannel(bot: bot, in: surroundings, bodyLimit: configuration.limits.body)
        router = Router(
            [site.routes, web.routes, terminal.routes, api.routes, more].flatMap { $0 }
        )
        self.surroundings = surroundings
        requests = surroundings.metrics.counter(
            "berth_http_requests_total",
            help: "HTTP requests by the class of their status.",
            label: "status",
            values: ["2xx", "3xx", "4xx", "5xx"]
        )
        duration = surroundings.metrics.histogram(
            "berth_http_request_seconds",
            help: "From a request's header to its answer's.",
            buckets: Metrics.latencyBuckets
        )
    }

    /// Answers one request.
    package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let allowed = hosts.allows(host: request.headers["host"])
        let response =
            allowed
            ? await router.answer(request)
            : .error(421, "this service has another name: see 'url' in its configuration")
        count(request, response)
        return response
    }

    /// Words what the server refuses before a handler sees it, as the rest of the API's errors.
    package nonisolated static func refuse(_ refusal: HTTPRefusal) -> HTTPResponse {
        .error(refusal.status, refusal.reason)
    }

    private func count(_ request: HTTPRequest, _ response: HTTPResponse) {
        requests.add(1, "\(min(max(response.status / 100, 2), 5))xx")
        duration.observe(surroundings.clock.now - request.received)
        guard response.status >= 500 else { return }
        surroundings.log.warning(
            "request failed",
            [
                "request": .text(request.id), "method": .text(request.method),
                "path": .text(request.path), "status": .int(response.status),
            ]
        )
    }
}
