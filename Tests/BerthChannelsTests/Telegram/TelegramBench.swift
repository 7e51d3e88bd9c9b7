import BerthConfig
import BerthHTTP
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthWork
import Testing

/// A whole service with a bot of Telegram, over a fake Telegram on a socket.
@Loop struct TelegramBench {
    let fake: FakeTelegram
    let bot: BotFixture

    static nonisolated let ann = FakeTelegramPerson(id: 5)
    static nonisolated let bob = FakeTelegramPerson(id: 6, name: "Bob")

    /// The fake's state of the bot.
    var telegram: FakeTelegramBot { fake.bot(42) }

    /// The changes of a test to its service.
    struct Change: Sendable {
        var access = Configuration.Access.invite
        var stream = Configuration.Telegram.Stream.off
        var mode = Configuration.Telegram.Mode.polling
        var operatorID: Int?
        var hasFloods = false
        var folder: TemporaryFolder?
        var seed: UInt64 = 1
        var clock: ManualClock?
        /// Whether the fake provider answers with the question.
        var isEchoed = false
    }

    /// Runs `test` while fake and service run.
    ///
    /// The tenant `ann` is Telegram's user ``ann``.
    static func run(
        _ change: Change = Change(),
        _ test: @Loop (TelegramBench) async throws -> Void
    ) async throws {
        try await over(change.hasFloods ? change.clock : nil) { fake, port in
            try await serve(fake, port: port, change, test)
        }
    }

    /// Runs `test` with a fake and its port.
    ///
    /// With a clock, the fake refuses floods by it.
    static func over(
        _ clock: ManualClock? = nil,
        _ test: @Loop (FakeTelegram, Int) async throws -> Void
    ) async throws {
        let surroundings = Surroundings.quiet()
        let fake = FakeTelegram(
            client: HTTPClient(in: surroundings),
            hasFloods: clock != nil,
            in: clock.map { .quiet($0) } ?? surroundings
        )
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: .patient,
            in: surroundings
        )
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn { try? await server.serve(until: stop, fake.handler) }
        defer {
            stop.request()
            pool.cancelAll()
        }
        try await test(fake, server.port)
    }

    /// Runs a service over a fake that serves already.
    static func serve(
        _ fake: FakeTelegram,
        port: Int,
        _ change: Change,
        _ test: @Loop (TelegramBench) async throws -> Void
    ) async throws {
        let base = try #require(WebURL("http://127.0.0.1:\(port)"))
        var settings = try #require(
            Configuration.Telegram(token: Secret("42:hunter2"), apiBase: base)
        )
        (settings.stream, settings.mode) = (change.stream, change.mode)
        settings.secret = change.mode == .webhook ? Secret("s3cret") : nil
        settings.operatorID = change.operatorID
        if !change.hasFloods { settings.limits.chatPerMinute = 6_000 }
        let (bots, access, isEchoed) = ([settings], change.access, change.isEchoed)
        var setup = Setup(folder: change.folder, seed: change.seed) { configuration in
            (configuration.telegram, configuration.access) = (bots, access)
            configuration.limits.tenants = 100
            guard isEchoed else { return }
            configuration.chatModels = configuration.chatModels.filter { $0.model == "echo" }
        }
        setup.clock = change.clock
        try await withBot(setup) { bot in
            let (ann, noon) = (bot.ann.row.id, bot.clock.timestamp)
            if try await bot.store.tenant(channel: .telegram, external: "5") == nil {
                try await bot.store.addIdentity(
                    of: ann,
                    channel: .telegram,
                    external: "5",
                    at: noon
                )
            }
            // The service's time goes on as the machine's does, beside the steps of the test.
            let pulse = TaskPool()
            let pace = Duration.milliseconds(20)
            pulse.spawn {
                while (try? await SystemClock().sleep(for: pace)) != nil {
                    bot.clock.advance(by: pace)
                }
            }
            defer { pulse.cancelAll() }
            try await test(TelegramBench(fake: fake, bot: bot))
        }
    }

    // MARK: Sent

    /// The texts of the messages that were sent to a chat.
    func texts(to chat: Int = 5) -> [String] {
        telegram.sent.filter { $0.chat == chat && $0.method == "sendmessage" }.map(\.text)
    }

    /// Waits until that many messages were sent to a chat.
    func hears(_ count: Int, in chat: Int = 5) async -> [String] {
        _ = await eventually { self.texts(to: chat).count >= count }
        return texts(to: chat)
    }

    /// Writes as a person, has the provider answer, and waits for the message.
    func exchange(
        _ text: String,
        _ answer: String,
        in chat: Int = 5,
        from person: FakeTelegramPerson = TelegramBench.ann
    ) async throws -> String {
        let before = texts(to: chat).count
        telegram.bring(text, in: chat, from: person)
        let call = try await bot.hand.call()
        call.say(answer)
        call.finish()
        return await hears(before + 1, in: chat).last ?? "nothing"
    }
}
