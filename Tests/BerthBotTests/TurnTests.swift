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

@Suite(.loop, .timeLimit(.minutes(20))) struct TurnTests {
    @Loop @Test func `a turn is on the disk before it is acknowledged`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let row = try #require(try await bot.history(session).first)
            #expect(row.id == turn.id)
            #expect(row.state == "running")
            #expect(row.text == "hello")
            #expect(call.messages == ["user: hello"])
        }
    }

    @Loop @Test func `an answer is whole in the history when its end is told`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            for word in ["a", "ß", "👍", "\u{0}\""] { call.say(word) }
            call.finish()
            let (text, outcome) = try await turn.ended()
            let row = try #require(try await bot.history(session).first)
            #expect(text == "aß👍\u{0}\"")
            #expect(row.answer == text)
            #expect(row.state == "done" && outcome.end == .done)
            #expect((row.inputTokens, row.outputTokens) == (7, 3))
            #expect(row.isEstimated == false)
            let running = bot.bot.turns.running
            #expect(running == 0)
        }
    }

    @Loop @Test func `an answer that could not be written is not called done`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            await bot.store.close()
            call.finish()
            let outcome = try await turn.ended().outcome
            #expect(outcome.end == .failed)
            #expect(outcome.error?.isEmpty == false)
        }
    }

    @Loop @Test func `a turn goes on when nobody listens`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let pool = TaskPool()
            let heard = Mailbox<String>()
            pool.spawn {
                let reader = turn.reader()
                while let event = try? await reader.next() { heard.put("\(event)") }
            }
            call.say("one ")
            _ = try await heard.next("the first word")
            pool.cancelAll()
            await pool.drain()
            call.say("two")
            call.finish()
            #expect(try await turn.ended().text == "one two")
            #expect(try await bot.history(session).first?.answer == "one two")
        }
    }

    @Loop @Test func `readers that come late hear everything`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.say("word ")
            call.finish()
            _ = try await turn.ended()
            let late = try await bot.bot.turns.find(turn.id, of: bot.ann)
            let (text, outcome) = try await late.ended()
            #expect(text == "word ")
            #expect(outcome.end == .done)
            #expect(outcome.inputTokens == 7)
        }
    }

    @Loop @Test func `a long answer is told in pieces that fit into an event`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let long = String(repeating: "ß👍", count: 20_000)
            call.say(long)
            call.finish()
            _ = try await turn.ended()
            let reader = try await bot.bot.turns.find(turn.id, of: bot.ann).reader()
            var pieces: [String] = []
            while case .text(let text) = try await reader.next() { pieces.append(text) }
            #expect(pieces.joined() == long)
            #expect(pieces.allSatisfy { $0.utf8.count <= 16 << 10 })
        }
    }

    // MARK: One at a time

    @Loop @Test func `a conversation answers one message at a time`() async throws {
        try await withBot { bot in
            let (session, other) = (try await bot.session(), try await bot.session())
            let (turn, call) = try await bot.ask("one", in: session)
            let refusal = await bot.failure { _ = try await bot.ask("two", in: session) }
            #expect(refusal?.name == "sessionBusy")
            try await bot.exchange("elsewhere", "yes", in: other)
            call.finish()
            _ = try await turn.ended()
            try await bot.exchange("two", "yes", in: session)
            #expect(try await bot.history(session).map(\.text) == ["one", "two"])
        }
    }

    @Loop @Test func `of two messages at once one is taken`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let refusals = Mailbox<String>()
            let pool = TaskPool()
            for text in ["one", "two", "three"] {
                pool.spawn {
                    let refusal = await bot.failure {
                        _ = try await bot.bot.turns.begin(text, in: session, by: bot.ann)
                    }
                    refusals.put(refusal?.name ?? "taken")
                }
            }
            var all: [String] = []
            for _ in 0..<3 { all.append(try await refusals.next("an answer to each")) }
            #expect(all.sorted() == ["sessionBusy", "sessionBusy", "taken"])
            #expect(try await bot.history(session).count == 1)
        }
    }

    // MARK: Stop and again

    @Loop @Test func `a stopped turn keeps what came and costs what was bought`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.say("so far ")
            let reader = turn.reader()
            _ = try await reader.next()
            try bot.bot.turns.stop(turn.id, by: bot.ann)
            let outcome = try await turn.ended().outcome
            try await call.gone()
            let row = try #require(try await bot.history(session).first)
            #expect(outcome.end == .stopped && row.state == "stopped")
            #expect(row.answer == "so far ")
            let used = try await bot.used()
            #expect(used.reservedTokens == 0)
            #expect(used.outputTokens > 0)
            #expect(row.isEstimated)
            #expect((row.inputTokens, row.outputTokens) == (used.inputTokens, used.outputTokens))
            let refusal = await bot.failure { try bot.bot.turns.stop(turn.id, by: bot.ann) }
            #expect(refusal?.name == "noTurn")
        }
    }

    @Loop @Test func `what failed can be asked again, once it has ended`()
        async throws
    {
        try await withBot(Setup { $0.chatModels.removeLast($0.chatModels.count - 1) }) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let early = await bot.failure {
                _ = try await bot.bot.turns.again(turn.id, by: bot.ann)
            }
            #expect(early?.name == "sessionBusy")
            call.answer(.error(500, "broken"))
            let failed = try await turn.ended().outcome
            #expect(failed.end == .failed)
            #expect(failed.error?.contains("hand") == true)

            let second = try await bot.bot.turns.again(turn.id, by: bot.ann)
            let again = try await bot.hand.call()
            #expect(again.messages == ["user: hello"])
            let busy = await bot.failure { _ = try await bot.bot.turns.again(turn.id, by: bot.ann) }
            #expect(busy?.name == "sessionBusy")
            again.say("well")
            again.finish()
            #expect(try await second.ended().text == "well")
            // It takes the place of what failed.
            #expect(try await bot.history(session).map(\.answer) == ["well"])
        }
    }

    @Loop @Test func `a broken-off answer keeps what came and is no success`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.say("half")
            call.cut()
            let (text, outcome) = try await turn.ended()
            #expect(text == "half")
            #expect(outcome.end == .failed)
            let used = try await bot.used()
            #expect(used.reservedTokens == 0 && used.outputTokens > 0)
        }
    }

    // MARK: Messages

    @Loop @Test(arguments: ["", " \n\t ", "\u{2003}"])
    func `a message without text is refused`(text: String) async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let refusal = await bot.failure {
                _ = try await bot.bot.turns.begin(text, in: session, by: bot.ann)
            }
            #expect(refusal?.name == "emptyText")
        }
    }

    @Loop @Test func `a message may be as long as the model takes`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            for (length, name) in [((2 << 20) + 1, "textTooLong"), (30_000, "textTooLong")] {
                let text = String(repeating: "a", count: length)
                let refusal = await bot.failure {
                    _ = try await bot.bot.turns.begin(text, in: session, by: bot.ann)
                }
                #expect(refusal?.name == name)
            }
            try await bot.exchange(String(repeating: "a", count: 20_000), "long", in: session)
            #expect(try await bot.history(session).count == 1)
        }
    }

    @Loop @Test func `a title is the first line, and bounded however it is written`() async throws {
        try await withBot { bot in
            let session = try await bot.session()
            let wild = "a" + String(repeating: "\u{301}", count: 5000)
            try await bot.exchange("\(wild)\nsecond line", "yes", in: session)
            let title = try #require(
                try await bot.bot.conversations.list(bot.ann, .web).sessions.first?.title
            )
            #expect(title.unicodeScalars.first == "a")
            #expect(title.utf8.count <= 400)
            try await bot.bot.conversations.change(
                session,
                SessionChange(title: wild + wild),
                by: bot.ann
            )
            let changed = try #require(
                try await bot.bot.conversations.list(bot.ann, .web).sessions.first?.title
            )
            #expect(changed.utf8.count <= 800)
        }
    }
}
