import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// The part of a conversation that a model sees, and the words about the rest.
@Suite(.loop, .timeLimit(.minutes(20))) struct ConversationMemoryTests {
    /// One model with a window of `context` tokens, of which an answer takes 1,000.
    private static func setup(
        context: Int,
        memory: ByteCount = .mebibytes(16)
    ) -> Setup {
        Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.allowAnswers(ofTokens: 1_000)
            for index in settings.chatModels.indices {
                settings.chatModels[index].context = context
            }
            settings.quotas.memory = memory
        }
    }

    /// Words of exactly `count` bytes that begin with a number.
    private static func words(_ number: Int, _ count: Int) -> String {
        let name = "\(number) "
        return name + String(repeating: "x", count: count - name.utf8.count)
    }

    @Loop @Test(arguments: [(2_000, 4), (2_400, 5), (4_000, 9)])
    func `a prompt has the newest exchanges that the model's context has room for`(
        context: Int,
        kept: Int
    ) async throws {
        try await withBot(Self.setup(context: context)) { bot in
            let session = try await bot.session()
            for number in 0..<9 {
                let call = try await bot.exchange(
                    Self.words(number, 300),
                    Self.words(number, 300),
                    in: session
                )
                #expect(call.messages.count <= 2 * kept + 1)
            }
            let last = try await bot.exchange("and now?", "yes", in: session)
            let expected = (9 - kept..<9).flatMap { number in
                ["user: ", "assistant: "].map { $0 + Self.words(number, 300) }
            }
            #expect(last.messages == expected + ["user: and now?"])

            let turns = try await bot.history(session)
            let leftOut = kept < 9 ? turns[8 - kept].id : nil
            #expect(turns.last?.leftOut?.turn == leftOut)
            #expect(turns.first?.leftOut == nil)
        }
    }

    @Loop @Test func `a long conversation is read whole if the context has room for it`()
        async throws
    {
        try await withBot(Self.setup(context: 200_000)) { bot in
            let session = try await bot.session()
            for number in 0..<12 {
                try await bot.exchange(
                    Self.words(number, 9_000),
                    Self.words(number, 9_000),
                    in: session
                )
            }
            let last = try await bot.exchange("and now?", "yes", in: session)
            #expect(last.messages.count == 25)
            #expect(try await bot.history(session).last?.leftOut == nil)
            #expect(await eventually { bot.ann.account.held == .zero })
        }
    }

    @Loop @Test func `without memory for all of a conversation a turn has less of it, and says so`()
        async throws
    {
        try await withBot(Self.setup(context: 200_000, memory: .kibibytes(900))) { bot in
            let session = try await bot.session()
            for number in 0..<24 {
                try await bot.exchange(
                    Self.words(number, 9_000),
                    Self.words(number, 9_000),
                    in: session
                )
            }
            let last = try await bot.exchange("and now?", "yes", in: session)
            #expect(last.messages.count < 49 && last.messages.count >= 7)
            #expect(try await bot.history(session).last?.leftOut != nil)
            #expect(try await bot.history(session).last?.state == "done")
        }
    }

    @Loop @Test func `the first answer that forgets says so, and the next ones do not`()
        async throws
    {
        try await withBot(Self.setup(context: 2_000)) { bot in
            let session = try await bot.session()
            var begins: [Bool] = []
            for number in 0..<7 {
                let (turn, call) = try await bot.ask(Self.words(number, 300), in: session)
                call.say(Self.words(number, 300))
                call.finish()
                begins.append(try await turn.ended().outcome.beginsToForget)
            }
            #expect(begins == [false, false, false, false, true, false, false])
            // The conversation begins anew, and fills again.
            _ = try await bot.command("/new", in: session)
            let (turn, call) = try await bot.ask("again", in: session)
            call.say("yes")
            call.finish()
            #expect(try await turn.ended().outcome.beginsToForget == false)
            #expect(call.messages == ["user: again"])
            #expect(try await bot.history(session).last?.leftOut == nil)
        }
    }

    @Loop @Test func `a translation leaves nothing out, because it has no earlier turns`()
        async throws
    {
        try await withBot(Self.setup(context: 2_000)) { bot in
            let session = try await bot.session()
            for number in 0..<5 {
                try await bot.exchange(
                    Self.words(number, 300),
                    Self.words(number, 300),
                    in: session
                )
            }
            let (turn, call) = try await bot.ask("/translate de hello", in: session)
            call.say("hallo")
            call.finish()
            #expect(try await turn.ended().outcome.beginsToForget == false)
            #expect(try await bot.history(session).last?.leftOut == nil)
        }
    }

    @Loop @Test func `a later model of the list is asked only if its context has room`()
        async throws
    {
        let setup = Setup { settings in
            settings.allowAnswers(ofTokens: 1_000)
            settings.chatModels.removeAll { $0.provider != "hand" && $0.model != "echo" }
            settings.chatModels.sort { $0.provider == "hand" && $1.provider != "hand" }
            settings.chatModels[0].context = 20_000
            for index in settings.chatModels.indices.dropFirst() {
                settings.chatModels[index].context = 2_000
            }
        }
        try await withBot(setup) { bot in
            let session = try await bot.session()
            let (short, refused) = try await bot.ask("short", in: session)
            refused.answer(HTTPResponse.error(503, "busy"))
            #expect(try await short.ended().outcome.model == "fake/echo")
            for number in 0..<5 {
                try await bot.exchange(
                    Self.words(number, 1_000),
                    Self.words(number, 1_000),
                    in: session
                )
            }
            let (long, call) = try await bot.ask("long", in: session)
            call.answer(HTTPResponse.error(503, "busy"))
            let outcome = try await long.ended().outcome
            #expect(outcome.end == .failed && outcome.model == "hand/m")
        }
    }
}
