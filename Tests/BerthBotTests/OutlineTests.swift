import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Titles and summaries that a model writes in the background.
@Suite(.loop, .timeLimit(.minutes(20))) struct OutlineTests {
    /// One model that answers, titles and summarizes, with a window of 2,000 tokens.
    private static func setup(
        titles: Configuration.Outlines.Writer = .none,
        summaries: Configuration.Outlines.Writer = .none,
        folder: TemporaryFolder? = nil,
        seed: UInt64 = 1
    ) -> Setup {
        Setup(folder: folder, seed: seed) { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.allowAnswers(ofTokens: 1_000)
            settings.chatModels[0].context = 4_000
            settings.outlines.titles = titles
            settings.outlines.summaries = summaries
        }
    }

    private static func words(_ number: Int) -> String {
        "\(number) " + String(repeating: "x", count: 600)
    }

    private static func title(_ bot: BotFixture, _ session: String) async throws -> String? {
        try await bot.store.session(publicID: session)?.title
    }

    @Loop
    @Test(arguments: [
        ("Sailing to Norway", "Sailing to Norway"),
        ("\n\"**Sailing to Norway.**\"\n", "Sailing to Norway"),
        ("Заголовок\nещё строка", "Заголовок"),
        (String(repeating: "é", count: 500), String(repeating: "é", count: 60)),
        ("  \n ", "how do I sail to Norway?"), ("***", "how do I sail to Norway?"),
    ])
    func `the first answer of a conversation is followed by a title`(
        answer: String,
        title: String
    ) async throws {
        try await withBot(Self.setup(titles: .model("m"))) { bot in
            let session = try await bot.session()
            try await bot.exchange("how do I sail to Norway?", "northwards", in: session)
            let call = try await bot.hand.call()
            #expect(call.messages.count == 2)
            #expect(
                call.messages.last
                    == "user: Person:\nhow do I sail to Norway?\n\nAssistant:\nnorthwards"
            )
            call.answer(whole(answer))
            #expect(try await holds { try await Self.title(bot, session) == title })
            #expect(
                try await holds {
                    let used = try await bot.used()
                    return used.requests == 2 && used.reserved == Amounts()
                }
            )
            #expect(await eventually { bot.ann.account.held == .zero })
            // The next answers have none.
            try await bot.exchange("and back?", "southwards", in: session)
            try await bot.exchange("thanks", "you are welcome", in: session)
            #expect(bot.hand.received == 4)
        }
    }

    @Loop @Test func `a person's own title stays, and none is written without a model`()
        async throws
    {
        try await withBot(Self.setup(titles: .model("hand/m"))) { bot in
            let session = try await bot.session()
            try await bot.exchange("hello", "hi", in: session)
            let call = try await bot.hand.call()
            let mine = SessionChange(title: "mine")
            try await bot.bot.conversations.change(session, mine, by: bot.ann)
            call.answer(whole("theirs"))
            #expect(try await holds { try await bot.used().requests == 2 })
            #expect(try await Self.title(bot, session) == "mine")

            try await bot.bot.tenants.setOutlines(false, for: bot.ann)
            let other = try await bot.session()
            try await bot.exchange("hello again", "hi", in: other)
            try await bot.exchange("and again", "hi", in: other)
            #expect(bot.hand.received == 4)
        }
        try await withBot(Self.setup()) { bot in
            let session = try await bot.session()
            try await bot.exchange("hello", "hi", in: session)
            try await bot.exchange("again", "hi", in: session)
            #expect(bot.hand.received == 2)
        }
    }

    @Loop @Test func `a title that failed for nothing is asked for again after the next answer`()
        async throws
    {
        try await withBot(Self.setup(titles: .model("m"))) { bot in
            let session = try await bot.session()
            try await bot.exchange("hello", "hi", in: session)
            try await bot.hand.call().answer(.error(503, "busy"))
            #expect(try await holds { try await bot.used().reserved == Amounts() })
            #expect(try await Self.title(bot, session) == "hello")
            try await bot.exchange("again", "hi", in: session)
            let call = try await bot.hand.call()
            #expect(call.messages.last == "user: Person:\nhello\n\nAssistant:\nhi")
            call.answer(whole("Greetings"))
            #expect(try await holds { try await Self.title(bot, session) == "Greetings" })
        }
    }

    @Loop @Test func `a summary takes the place of what is left out, and the page says so`()
        async throws
    {
        try await withBot(Self.setup(summaries: .model("m"))) { bot in
            let session = try await bot.session()
            for number in 0..<6 {
                try await bot.exchange(Self.words(number), Self.words(number), in: session)
            }
            let call = try await bot.hand.call()
            #expect(call.messages[1].contains("Person:\n0 xxx"))
            #expect(call.messages[1].contains("2 xxx") && !call.messages[1].contains("3 xxx"))
            #expect(call.object.integer("max_tokens") == 1_000)
            call.answer(whole("The ship is called Aurora."))
            #expect(try await holds { try await bot.used().requests == 7 })

            // Until something is left out, prompts have no summary.
            var last = try await bot.exchange("how long?", "short", in: session)
            #expect(last.messages[0].hasPrefix("user: 0 xxx"))
            for extra in 0..<3 {
                last = try await bot.exchange(Self.words(50 + extra), "yes", in: session)
            }
            #expect(last.messages[0].hasSuffix("The ship is called Aurora."))
            #expect(last.messages[0].hasPrefix("system: The beginning of this conversation"))
            let turn = try await bot.history(session).last
            #expect(turn?.leftOut?.text.contains("a summary of what is above") == true)
        }
    }

    @Loop @Test func `a summary goes with its conversation and its switch`() async throws {
        try await withBot(Self.setup(summaries: .model("m"))) { bot in
            let session = try await bot.session()
            let row = try #require(try await bot.store.session(publicID: session))
            for number in 0..<4 {
                try await bot.exchange(Self.words(number), Self.words(number), in: session)
            }
            let through = try #require(try await bot.store.session(publicID: session)?.leaf)
            var reservation = Reservation(
                tenant: bot.ann.row.id,
                provider: "hand",
                model: "m",
                amounts: Amounts()
            )
            reservation.outline = .summary(of: row.id, through: through)
            let id = try await bot.store.startCall(reservation, at: bot.clock.timestamp)
            var settlement = Settlement(
                call: id,
                reservation: reservation,
                since: bot.clock.timestamp,
                cost: Amounts(),
                isEstimated: false
            )
            settlement.outline = "Aurora"
            try await bot.store.settle([settlement], at: bot.clock.timestamp)
            var begins: [Bool] = []
            for number in 4..<11 {
                let (turn, call) = try await bot.ask(Self.words(number), in: session)
                call.say("yes")
                call.finish()
                begins.append(try await turn.ended().outcome.beginsToForget)
            }
            #expect(begins.count { $0 } == 1)
            let summed = try await bot.exchange("and?", "yes", in: session)
            #expect(summed.messages[0].hasSuffix("Aurora"))
            try await bot.bot.tenants.setOutlines(false, for: bot.ann)
            let plain = try await bot.exchange("and?", "yes", in: session)
            #expect(!plain.messages[0].hasPrefix("system"))
            _ = try await bot.command("/new", in: session)
            #expect(try await bot.exchange("and?", "yes", in: session).messages == ["user: and?"])
        }
    }

    @Loop @Test
    func `a title that a stop cut off is written after the next answer, and the house paid`()
        async throws
    {
        let folder = try TemporaryFolder(inMemory: true)
        let session = Mailbox<String>()
        try await withBot(Self.setup(titles: .model("m"), folder: folder)) { bot in
            let id = try await bot.session()
            session.put(id)
            try await bot.exchange("hello", "hi", in: id)
            _ = try await bot.hand.call()
            // The service ends while the title is being written.
            await bot.bot.finish()
        }
        let id = try await session.next()
        try await withBot(Self.setup(titles: .model("m"), folder: folder, seed: 2)) { bot in
            try await bot.exchange("again", "hi", in: id)
            try await bot.hand.call().answer(whole("A greeting"))
            #expect(try await holds { try await Self.title(bot, id) == "A greeting" })
            try await bot.exchange("and again", "hi", in: id)
            #expect(bot.hand.received == 3)
            let requests = try await bot.used().requests
            #expect(requests == 4)
        }
    }

    @Loop @Test func `without quota no title is asked for`() async throws {
        let setup = Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.outlines.titles = .model("m")
            settings.quotas.requestsPerDay = 1
        }
        try await withBot(setup) { bot in
            let session = try await bot.session()
            try await bot.exchange("hello", "hi", in: session)
            #expect(await eventually { bot.lines.all.contains { $0.contains("not written") } })
            #expect(bot.hand.received == 1)
        }
    }
}

/// A whole answer of the provider.
func whole(_ text: String) -> HTTPResponse {
    let content = String(decoding: JSON.quote(text), as: UTF8.self)
    return .json(
        Array(
            """
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
            "message":{"role":"assistant","content":\(content)},"finish_reason":"stop"}],\
            "usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25}}
            """.utf8
        )
    )
}
