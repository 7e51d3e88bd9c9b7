import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct CommandTests {
    @Loop @Test func `commands are answered at once, and are no turns`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            #expect(try await bot.command("/help", in: session).contains("/model"))
            #expect(try await bot.command("  /HELP\n", in: session).contains("/model"))
            #expect(
                try await bot.command("/usage", in: session).contains(
                    "| requests today | 0 | 200 |"
                )
            )
            #expect(try await bot.command("/dance", in: session).contains("no command `/dance`"))
            let web = try await bot.command("/web", in: session)
            #expect(web.contains("/login?token="))
            #expect(try await bot.history(session).isEmpty)
            let received = bot.hand.received
            #expect(received == 0)
        }
    }

    @Loop
    @Test(arguments: [
        "/etc/passwd", "/ help", "/1", "//help", "/", "a /help",
        "/" + String(repeating: "a", count: 65), "/" + String(repeating: "я", count: 5_000),
    ])
    func `what only looks like a command is a message`(text: String) async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (_, call) = try await bot.ask(text, in: session)
            #expect(call.messages == ["user: \(text)"])
        }
    }

    @Loop @Test func `a model is chosen for the conversation alone`() async throws {
        try await withBot { bot in
            let (session, other) = (try await bot.session(), try await bot.session())
            #expect(try await bot.command("/model", in: session).contains("`fake/echo`"))
            #expect(try await bot.command("/model   fake/echo ", in: session).contains("fake/echo"))
            let turn = try await bot.bot.turns.begin("parrot", in: session, by: bot.ann)
            #expect(try await turn.ended().text == "parrot")
            try await bot.exchange("hi", "from the first model", in: other)
            _ = try await bot.command("/model berth", in: session)
            try await bot.exchange("hi", "from the first model", in: session)
        }
    }

    @Loop @Test(arguments: ["gpt-9", "fake/", "`x`", "../m"])
    func `a wrong model is answered with those that there are, and changes nothing`(
        name: String
    ) async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let answer = try await bot.command("/model \(name)", in: session)
            #expect(answer.contains("there is no model"))
            #expect(answer.contains("fake/echo"))
            #expect(
                try await bot.bot.conversations.list(bot.ann, .web).sessions.first?.model == nil
            )
        }
    }

    @Loop @Test func `stop ends the answer that is being written`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            #expect(try await bot.command("/stop", in: session) == "Stopped.")
            #expect(try await turn.ended().outcome.end == .stopped)
            try await call.gone()
            let idle = try await bot.command("/stop", in: session)
            #expect(idle != "Stopped.")
            try await bot.exchange("next", "yes", in: session)
        }
    }

    @Loop @Test func `commands work while an answer is being written`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("before", in: session)
            _ = try await bot.command("/help", in: session)
            _ = try await bot.command("/new", in: session)
            call.say("late")
            call.finish()
            _ = try await turn.ended()
            let next = try await bot.exchange("after", "yes", in: session)
            #expect(next.messages == ["user: after"])
        }
    }
}

@Suite(.loop, .timeLimit(.minutes(20))) struct WindowTests {
    @Loop @Test func `a prompt repeats the conversation, and starts afresh after new`() async throws
    {
        try await withBot(Setup { $0.system = "Be brief." }) { bot in
            let session = try await bot.session()
            try await bot.exchange("one", "eins", in: session)
            let second = try await bot.exchange("two", "zwei", in: session)
            #expect(
                second.messages == [
                    "system: Be brief.", "user: one", "assistant: eins", "user: two",
                ]
            )
            _ = try await bot.command("/new", in: session)
            let third = try await bot.exchange("three", "drei", in: session)
            #expect(third.messages == ["system: Be brief.", "user: three"])
            #expect(try await bot.history(session).count == 3)
            let elsewhere = try await bot.exchange("x", "y", in: try await bot.session())
            #expect(elsewhere.messages == ["system: Be brief.", "user: x"])
        }
    }

    @Loop @Test func `failed turns are not repeated, stopped ones are`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (failed, call) = try await bot.ask("one", in: session)
            call.say("part")
            call.cut()
            _ = try await failed.ended()
            let (stopped, second) = try await bot.ask("two", in: session)
            second.say("half")
            _ = try await stopped.reader().next()
            stopped.stop()
            _ = try await stopped.ended()
            let third = try await bot.exchange("three", "drei", in: session)
            #expect(third.messages == ["user: two", "assistant: half", "user: three"])
        }
    }

    @Loop @Test func `what does not fit goes out oldest first`() async throws {
        // The model takes 8,192 tokens, 1,000 of them for the answer. The rest has room for about
        // 21,500 bytes of history.
        try await withBot { bot in
            let session = try await bot.session()
            for name in ["a", "b", "c"] {
                let long = String(repeating: name, count: 4_800)
                try await bot.exchange(long, long, in: session)
            }
            let call = try await bot.exchange("last", "yes", in: session)
            #expect(call.messages.map { String($0.suffix(1)) } == ["b", "b", "c", "c", "t"])
            let longer = String(repeating: "d", count: 14_000)
            let next = try await bot.exchange(longer, "yes", in: session)
            #expect(next.messages.map { String($0.suffix(1)) } == ["c", "c", "t", "s", "d"])
        }
    }

    @Loop @Test func `history comes in pages, oldest first`() async throws {
        try await withBot(Setup { $0.quotas.requestsPerDay = 1000 }) { bot in
            let session = try await bot.session()
            _ = try await bot.command("/model fake/plain", in: session)
            for number in 0..<53 {
                let turn = try await bot.bot.turns.begin("\(number)", in: session, by: bot.ann)
                _ = try await turn.ended()
            }
            let talks = bot.bot.conversations
            let page = try await talks.turns(of: session, before: nil, for: bot.ann)
            #expect(page.turns.map(\.text) == (3..<53).map(String.init))
            #expect(page.more)
            let rest = try await talks.turns(
                of: session,
                before: page.turns.first?.id,
                for: bot.ann
            )
            #expect(rest.turns.map(\.text) == ["0", "1", "2"])
            #expect(rest.more == false)
        }
    }
}
