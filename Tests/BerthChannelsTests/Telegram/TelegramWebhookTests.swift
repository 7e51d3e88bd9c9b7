import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthSimulation
import BerthStore
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct TelegramWebhookTests {
    private static var hooked: TelegramBench.Change {
        var change = TelegramBench.Change()
        change.mode = .webhook
        return change
    }

    @Loop @Test func `updates of a webhook are answered once, in any order`() async throws {
        try await TelegramBench.run(Self.hooked) { bench in
            _ = await eventually { bench.telegram.counts["setwebhook"] == 1 }
            for number in [3, 1, 2, 1, 3] {
                let status = try await bench.post(bench.message("/nope", id: number))
                #expect(status == 200)
                bench.bot.clock.advance(by: .seconds(2))
            }
            let texts = await bench.hears(3)
            await settle()
            #expect(texts.count == 3 && bench.texts().count == 3)
        }
    }

    @Loop @Test func `a stranger's call is refused, and logged once`() async throws {
        try await TelegramBench.run(Self.hooked) { bench in
            _ = await eventually { bench.telegram.counts["setwebhook"] == 1 }
            for secret in [nil, "", "s3cre", "s3cret!", "S3cret"] {
                let status = try await bench.post(bench.message("/new", id: 1), secret: secret)
                #expect(status == 401)
            }
            let open = try await bench.bot.store.openUpdates(of: 42, after: 0, limit: 9)
            #expect(open.isEmpty)
            let lines = bench.bot.lines.all.filter { $0.contains("without its secret") }
            #expect(lines.count == 1)
            let isTold = bench.bot.lines.all.contains { $0.contains("s3cret") }
            #expect(!isTold)
        }
    }

    @Loop
    @Test(arguments: ["not json", "[]", "{}", #"{"update_id":"x"}"#, #"{"update_id":-1}"#])
    func `a body that is no update is confirmed, so that it does not come again`(
        _ body: String
    ) async throws {
        try await TelegramBench.run(Self.hooked) { bench in
            _ = await eventually { bench.telegram.counts["setwebhook"] == 1 }
            #expect(try await bench.post(body) == 200)
            let other = try await bench.post(bench.message("/new", id: 1), bot: 43)
            #expect(other == 404)
        }
    }

    @Loop @Test func `a bot that polls takes no webhook, and ends one that is set`()
        async throws
    {
        try await TelegramBench.over { fake, port in
            try await TelegramBench.serve(fake, port: port, Self.hooked) { bench in
                _ = await eventually { bench.telegram.counts["setwebhook"] == 1 }
            }
            var polling = TelegramBench.Change()
            polling.seed = 2
            try await TelegramBench.serve(fake, port: port, polling) { bench in
                let said = try await bench.exchange("hi", "by polling")
                #expect(said == "by polling" && bench.telegram.counts["deletewebhook"] == 1)
                #expect(try await bench.post(bench.message("/new", id: 1)) == 404)
            }
        }
    }

    @Loop @Test func `a bot that gets a webhook polls no more`() async throws {
        try await TelegramBench.over { fake, port in
            try await TelegramBench.serve(fake, port: port, TelegramBench.Change()) { bench in
                _ = await eventually { (bench.telegram.counts["getupdates"] ?? 0) > 0 }
            }
            var hooked = Self.hooked
            hooked.seed = 2
            try await TelegramBench.serve(fake, port: port, hooked) { bench in
                _ = await eventually { bench.telegram.counts["setwebhook"] == 1 }
                let polls = bench.telegram.counts["getupdates"]
                let status = try await bench.post(bench.message("/new", id: 1))
                #expect(status == 200)
                _ = await bench.hears(1)
                #expect(bench.telegram.counts["getupdates"] == polls)
            }
        }
    }

    @Loop @Test func `updates that cannot be stored are not confirmed`() async throws {
        try await TelegramBench.run { bench in
            _ = await eventually { (bench.telegram.counts["getupdates"] ?? 0) > 0 }
            await bench.bot.store.close()
            bench.telegram.bring("/new", in: 5, from: TelegramBench.ann)
            let before = bench.telegram.counts["getupdates"] ?? 0
            let isAskedAgain = await eventually {
                bench.bot.clock.advance(by: .milliseconds(100))
                return (bench.telegram.counts["getupdates"] ?? 0) > before + 1
            }
            #expect(isAskedAgain && bench.telegram.waiting == 1)
        }
    }

    @Loop @Test func `a second poller is named, and shown where the operator looks`()
        async throws
    {
        try await TelegramBench.run { bench in
            _ = await eventually { (bench.telegram.counts["getupdates"] ?? 0) > 0 }
            let before = try await bench.bot.ask("GET", "/readyz", as: .nobody)
            #expect(before.status == 200 && before.text == "ready\n")
            bench.fake.fail(.conflict, "getUpdates", count: 3)
            bench.telegram.bring("/new", in: 5, from: TelegramBench.ann)
            _ = await bench.hears(1)
            _ = await eventually {
                bench.bot.lines.all.contains { $0.contains("another program receives") }
            }
            let during = try await bench.bot.ask("GET", "/readyz", as: .nobody)
            // The page and the API work, so that a proxy goes on.
            #expect(during.status == 200)
            #expect(during.text.contains("degraded: telegram 42: another program"))
            let alive = try await bench.bot.ask("GET", "/healthz", as: .nobody)
            #expect(alive.status == 200)
            for _ in 0..<4 {
                bench.bot.clock.advance(by: .seconds(60))
                await settle()
            }
            bench.telegram.bring("/new", in: 5, from: TelegramBench.ann)
            _ = await bench.hears(2)
            let after = try await bench.bot.ask("GET", "/readyz", as: .nobody)
            #expect(after.text == "ready\n")
        }
    }

    @Loop @Test func `a wrong token stops the bot with a word, and not the service`()
        async throws
    {
        try await TelegramBench.run { bench in
            _ = try await bench.exchange("hi", "hello")
            bench.fake.fail(.unauthorized, "getUpdates")
            bench.telegram.bring("/new", in: 5, from: TelegramBench.ann)
            _ = await bench.hears(2)
            _ = await eventually {
                bench.bot.lines.all.contains { $0.contains("refuses the bot's token") }
            }
            let isTold = bench.bot.lines.all.contains { $0.contains("hunter2") }
            #expect(!isTold)
            let web = try await bench.bot.ask("GET", "/healthz", as: .nobody)
            #expect(web.status == 200)
        }
    }
}

extension TelegramBench {
    /// An update with a text of ann.
    func message(_ text: String, id: Int) -> String {
        let length = text.utf16.count
        return #"{"update_id":\#(id),"message":{"message_id":\#(id),"date":1,"#
            + #""chat":{"id":5,"type":"private"},"from":\#(TelegramBench.ann.json),"#
            + #""text":"\#(text)","entities":[{"type":"bot_command","offset":0,"#
            + #""length":\#(length)}]}}"#
    }

    /// Calls the webhook as Telegram does.
    func post(_ body: String, secret: String? = "s3cret", bot: Int = 42) async throws -> Int {
        var fields = [("content-type", "application/json")]
        if let secret { fields.append(("X-Telegram-Bot-Api-Secret-Token", secret)) }
        return try await self.bot.ask("POST", "/telegram/\(bot)", body, as: .nobody, fields)
            .status
    }
}
