package import BerthBot
package import BerthConfig
package import BerthHTTP
package import BerthLoop
import BerthStore
package import BerthTelemetry
import BerthWork

/// The public address: the routes of all channels, and those that the administration adds.
///
/// Each request is checked, counted and logged here.
@Loop package final class Front {
    private let router: Router
    private let hosts: HostGuard
    /// The paths that answer under any `Host`, because probes use addresses and service names.
    private let probes: Set<String>
    /// Whether an API key is in force.
    private let isKey: @Loop (String) -> Bool
    private let crossOrigin: CrossOrigin
    private let surroundings: Surroundings
    private let requests: Counter
    private let duration: Histogram

    /// Makes the front.
    ///
    /// - Parameters:
    ///   - configuration: names the addresses under which the service is reached.
    ///   - channels: each adds its routes.
    ///   - bot: knows the API keys, whose requests are answered under any `Host`.
    ///   - more: further routes, for which nobody needs to be logged in (health, metrics). They
    ///     answer under any `Host`.
    ///   - surroundings: the log and the metrics of requests.
    package init(
        _ configuration: Configuration,
        channels: [any Channel],
        bot: Bot,
        more: [Route],
        in surroundings: Surroundings
    ) {
        hosts = HostGuard(urls: configuration.urls, listen: configuration.listen)
        isKey = { bot.tenants.credential(ofKey: $0) != nil }
        probes = Set(more.map(\.path))
        crossOrigin = CrossOrigin(configuration.cors)
        let missing = MissingPath(url: configuration.url)
        router = Router(channels.flatMap(\.routes) + more) { missing.answer($0) }
        self.surroundings = surroundings
        requests = surroundings.metrics.counter(
            "berth_http_requests_total",
            help: "HTTP requests by the class of their status.",
            label: "status",
            values: Front.classes
        )
        duration = surroundings.metrics.histogram(
            "berth_http_request_seconds",
            help: "From a request's header to its answer's.",
            buckets: Metrics.latencyBuckets
        )
    }

    /// The channels that every service has: the web chat, the terminal with an API key, and the
    /// OpenAI-compatible API.
    package static func channels(
        _ configuration: Configuration,
        bot: Bot,
        in surroundings: Surroundings
    ) -> [any Channel] {
        let hosts = HostGuard(urls: configuration.urls, listen: configuration.listen)
        let terminal = WebChannel(
            bot: bot,
            in: surroundings,
            name: .terminal,
            prefix: "/terminal"
        ) { (request) throws(BotError) in
            request.bearerKey.flatMap { bot.tenants.credential(ofKey: $0) }
        }
        return [
            WebSite(bot: bot, url: configuration.url, hosts: hosts, in: surroundings), terminal,
            OpenAIChannel(bot: bot, in: surroundings, bodyLimit: configuration.limits.body),
        ]
    }

    /// The paths whose bodies are written to the disk as they arrive.
    package static nonisolated let uploads = Set(
        ["/web/files"] + APIPath.prefixes.map { $0 + "/images/edits" }
    )

    /// The classes of statuses.
    private static nonisolated let classes = ["2xx", "3xx", "4xx", "5xx"]

    /// Answers one request.
    package func answer(_ request: HTTPRequest) async -> HTTPResponse {
        Loop.works(on: WorkLabel(request.path, request: request.id))
        var response =
            if let answer = crossOrigin.preflight(request) { answer } else if allows(request) {
                await router.answer(request)
            } else { WrongHost.answer(request) }
        crossOrigin.mark(&response, to: request)
        count(request, response)
        return response
    }

    /// Words what the server refuses before a handler sees it, as the rest of the API's errors.
    package nonisolated static func refuse(_ refusal: HTTPRefusal) -> HTTPResponse {
        .error(refusal.status, refusal.reason)
    }

    /// Whether a request names a host of this service, or needs not to.
    ///
    /// A page of another site that has its name rebound to this address knows no key.
    private func allows(_ request: HTTPRequest) -> Bool {
        hosts.allows(host: request.headers["host"]) || probes.contains(request.path)
            || request.bearerKey.map { isKey($0) } == true
    }

    private func count(_ request: HTTPRequest, _ response: HTTPResponse) {
        requests.add(1, Front.classes[min(max(response.status / 100, 2), 5) - 2])
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
