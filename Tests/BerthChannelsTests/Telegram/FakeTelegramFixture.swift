import BerthChannels
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthSimulation
import BerthTelemetry
import BerthTestKit

/// A fake Telegram on a socket, and a client of one of its bots.
@Loop struct FakeTelegramFixture {
    static nonisolated let token = "42:hunter2-secret"
    let fake: FakeTelegram
    let client: TelegramClient
    let url: String

    /// The fake's state of the client's bot.
    var bot: FakeTelegramBot { fake.bot(42) }

    /// Runs `test` while the fake serves.
    static func run(
        hasFloods: Bool = false,
        token: String = FakeTelegramFixture.token,
        _ test: @Loop (FakeTelegramFixture) async throws -> Void
    ) async throws {
        let surroundings = Surroundings.quiet()
        let network = HTTPClient(in: surroundings)
        let fake = FakeTelegram(client: network, hasFloods: hasFloods, in: surroundings)
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: .patient,
            in: surroundings
        )
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn { try? await server.serve(until: stop, fake.handler) }
        let url = "http://127.0.0.1:\(server.port)"
        do {
            let client = try TelegramClient.of(token, at: url, over: network, surroundings)
            try await test(FakeTelegramFixture(fake: fake, client: client, url: url))
        } catch {
            pool.cancelAll()
            throw error
        }
        stop.request()
        pool.cancelAll()
        await pool.drain()
    }
}

extension TelegramClient {
    /// A client of a bot at `url`.
    @Loop static func of(
        _ token: String,
        at url: String,
        over network: any HTTPSending,
        _ surroundings: Surroundings = .quiet()
    ) throws -> TelegramClient {
        guard let base = WebURL(url),
            let bot = Configuration.Telegram(token: Secret(token), apiBase: base)
        else { throw NoBot() }
        return TelegramClient(bot, over: network, in: surroundings)
    }

    private struct NoBot: Error {}
}
