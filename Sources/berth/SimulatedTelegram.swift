import BerthHTTP
import BerthLoop
import BerthSimulation
import BerthTelemetry

/// The fake Telegram of a simulation, which this process serves on a socket.
@Loop final class SimulatedTelegram {
    /// The value of the service's `api_base`.
    let url: String
    /// The service's bot.
    let bot: FakeTelegramBot
    private let stop = Stop()
    private let pool = TaskPool()

    /// Listens on a free port.
    ///
    /// - Throws: `HTTPServerError`.
    init(in surroundings: Surroundings) throws {
        let fake = FakeTelegram(client: HTTPClient(in: surroundings), in: surroundings)
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: HTTPServerLimits(),
            in: surroundings
        )
        url = "http://127.0.0.1:\(server.port)"
        bot = fake.bot(SimulationSettings.bot)
        let service = HTTPService(on: server, fake.handler)
        pool.spawn { [stop] in try? await service.run(until: stop) }
    }

    /// Ends the server, after the service.
    func end() async {
        stop.request()
        pool.cancelAll()
        await pool.drain()
    }
}
