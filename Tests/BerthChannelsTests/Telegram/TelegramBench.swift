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
        /// The ids of the bots.
        var bots = [42]
        /// Changes the configuration.
        var configure: @Loop @Sendable (inout Configuration) -> Void = { _ in }
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
        let bots = try change.bots.map { id in
            var settings = try #require(
                Configuration.Telegram(token: Secret("\(id):hunter2"), apiBase: base)
            )
            (settings.stream, settings.mode) = (change.stream, change.mode)
            settings.secret = change.mode == .webhook ? Secret("s3cret") : nil
            settings.operatorID = change.operatorID
            if !change.hasFloods {
                (settings.limits.chatPerMinute, settings.limits.groupPerMinute) = (6_000, 6_000)
            }
            return settings
        }
        let (access, isEchoed, configure) = (change.access, change.isEchoed, change.configure)
        var setup = Setup(folder: change.folder, seed: change.seed) { configuration in
            (configuration.telegram, configuration.access) = (bots, access)
            configuration.limits.tenants = 100
            configure(&configuration)
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

    // MARK: Restarts

    /// Runs two services one after the other, over one fake.
    ///
    /// - Parameters:
    ///   - isKilled: whether the first one is killed at the end of `first`, or else stops.
    ///   - change: the services.
    ///   - first: the first one's life.
    ///   - second: the second one's life.
    /// - Throws: the error of a service or of the test.
    static func restarting(
        isKilled: Bool,
        _ change: Change = Change(),
        _ first: @Loop (TelegramBench) async throws -> Void,
        _ second: @Loop (TelegramBench) async throws -> Void
    ) async throws {
        let (folder, copy) = (try TemporaryFolder(inMemory: true), try TemporaryFolder())
        var change = change
        (change.folder, change.clock) = (folder, ManualClock())
        let before = change
        try await over { fake, port in
            try await serve(fake, port: port, before) { bench in
                try await first(bench)
                guard isKilled else { return }
                // The data as a kill at this moment leaves it.
                for file in ["berth.db", "berth.db-wal"] {
                    try copy.write(try folder.read(file), to: file)
                }
            }
            var after = before
            (after.seed, after.folder) = (2, isKilled ? copy : folder)
            try await serve(fake, port: port, after, second)
        }
    }

    // MARK: Sent

    /// The calls of a method to a chat, in their order.
    func calls(_ method: String, to chat: Int = 5) -> [FakeTelegramBot.Sent] {
        telegram.sent.filter { $0.chat == chat && $0.method == method.lowercased() }
    }

    /// Waits until that many calls of a method were made to a chat.
    func wait(
        for count: Int,
        _ method: String,
        to chat: Int = 5
    ) async -> [FakeTelegramBot.Sent] {
        _ = await eventually { self.calls(method, to: chat).count >= count }
        return calls(method, to: chat)
    }

    /// The further members of a message that answers the bot's own one, which is for the bot also in a
    /// group.
    static nonisolated let toBot =
        #","reply_to_message":{"message_id":1,"date":1,"text":"x","#
        + #""from":{"id":42,"is_bot":true,"first_name":"Fake"}}"#

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
