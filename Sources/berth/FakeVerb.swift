import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTelemetry

/// `berth fake openai`: a fake provider until SIGTERM or SIGINT.
@Loop enum FakeVerb {
    static func run(_ choices: FakeChoices) async throws {
        FileDescriptors.raiseLimit()
        let (clock, stop) = (SystemClock(), Stop())
        let signals = try Signals.watch { _ in stop.request() }
        defer { signals.cancel() }
        let fake = FakeOpenAI(
            pace: .init(delay: choices.delay, gap: choices.gap, tokens: choices.tokens),
            clock: clock
        )
        var limits = HTTPServerLimits()
        limits.body = .mebibytes(64)
        limits.connections = 4096
        let server = try HTTPServer(
            listen: .tcp(host: choices.listen.host, port: choices.listen.port),
            limits: limits,
            clock: clock,
            log: Log(),
            handler: fake.handler
        )
        Output.text("fake openai: http://\(choices.listen.host):\(server.port)/v1\n")
        try await serve([server], until: stop, grace: .seconds(2), clock: clock)
    }
}
