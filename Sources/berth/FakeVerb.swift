import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTelemetry

/// Runs `berth fake`: a fake provider, until SIGTERM or SIGINT.
@Loop enum FakeVerb {
    static func run(_ choices: FakeChoices) async throws {
        FileDescriptors.raiseLimit()
        let (surroundings, stop) = (Surroundings(), Stop())
        let signals = try Signals.watch { _ in stop.request() }
        defer { signals.cancel() }
        var limits = HTTPServerLimits()
        limits.body = .mebibytes(64)
        limits.connections = 4096
        let server = try HTTPServer(
            listen: .tcp(host: choices.listen.host, port: choices.listen.port),
            limits: limits,
            in: surroundings
        )
        Output.text("fake \(choices.api): \(base(choices, port: server.port))\n")
        let service = HTTPService(on: server, handler(choices, surroundings))
        try await serve(
            [service],
            until: stop,
            grace: .seconds(2),
            clock: surroundings.clock
        )
    }

    private static func handler(
        _ choices: FakeChoices,
        _ surroundings: Surroundings
    ) -> HTTPHandler {
        let pace = FakeOpenAI.Pace(
            delay: choices.delay,
            gap: choices.gap,
            tokens: choices.tokens
        )
        return switch choices.api {
        case .openai: FakeOpenAI(pace: pace, in: surroundings).handler
        case .anthropic: FakeAnthropic(pace: pace, in: surroundings).handler
        case .fal:
            FakeFal(
                pace: FakeFal.Pace(queue: choices.delay, step: choices.gap),
                client: HTTPClient(in: surroundings),
                in: surroundings
            ).handler
        case .telegram:
            FakeTelegram(
                client: HTTPClient(in: surroundings),
                hasFloods: choices.hasFloods,
                in: surroundings
            ).handler
        }
    }

    /// The `base_url` of a provider that uses the fake, or Telegram's `api_base`.
    private static func base(_ choices: FakeChoices, port: Int) -> String {
        let server = "http://\(choices.listen.host):\(port)"
        return choices.api == .openai ? server + "/v1" : server
    }
}
