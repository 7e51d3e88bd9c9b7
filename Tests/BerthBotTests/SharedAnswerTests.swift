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

/// Simultaneous equal questions, which share one call.
@Suite(.loop, .timeLimit(.minutes(20))) struct SharedAnswerTests {
    private static let setup = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" }
    }

    @Loop @Test func `many tenants ask at once, it is bought once, and they share`() async throws {
        try await withBot(Self.setup) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let ann = try listen(bot, in: pool)
            let call = try await bot.hand.call()
            call.say("A bed ")
            let second = try listen(bot, as: bob, in: pool)
            await settle()
            call.say("on a ship.")
            call.finish(usage: TokenUsage(input: 7, output: 3, isEstimated: false))
            #expect(try await ann.next("ann's answer") == "A bed on a ship.")
            #expect(try await second.next("bob's answer") == "A bed on a ship.")
            let received = bot.hand.received
            #expect(received == 1)
            for tenant in [bot.ann, bob] {
                let used = try await bot.used(tenant)
                #expect((used.inputTokens, used.outputTokens) == (4, 2))
                #expect(used.requests == 1 && used.reservedTokens == 0)
                #expect(used.micros == 7)  // (7 × 1 + 3 × 2) ÷ 2, rounded up
            }
        }
    }

    @Loop @Test func `who leaves first takes nothing away from who stays`() async throws {
        try await withBot(Self.setup) { bot in
            let (leading, following) = (TaskPool(), TaskPool())
            _ = try listen(bot, in: leading)
            let call = try await bot.hand.call()
            call.say("A bed ")
            let told = try listen(bot, in: following)
            await settle()
            leading.cancelAll()
            await leading.drain()
            call.say("on a ship.")
            call.finish()
            #expect(try await told.next("the answer") == "A bed on a ship.")
            let used = try await bot.used()
            #expect(used.requests == 2 && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `when all have left the provider is told to stop`() async throws {
        try await withBot(Self.setup) { bot in
            let pool = TaskPool()
            for _ in 0..<3 { _ = try listen(bot, in: pool) }
            let call = try await bot.hand.call()
            call.say("A bed ")
            await settle()
            pool.cancelAll()
            try await call.gone()
            await pool.drain()
            let used = try await bot.used()
            #expect(used.requests == 3 && used.reservedTokens == 0)
            let held = bot.ann.account.held
            #expect(held == .zero)
        }
    }

    @Loop @Test func `a failure is everybody's, and nobody is charged for nothing`() async throws {
        try await withBot(Self.setup) { bot in
            let pool = TaskPool()
            let told = try (0..<3).map { _ in try listen(bot, in: pool) }
            let call = try await bot.hand.call()
            await settle()
            call.answer(.error(500, "broken"))
            for one in told { #expect(try await one.next("an end").hasPrefix("error: ")) }
            let used = try await bot.used()
            #expect(used.requests == 0 && used.reservedTokens == 0 && used.micros == 0)
        }
    }

    @Loop @Test func `who asks for all of it shares with who asks for a stream`() async throws {
        try await withBot(Self.setup) { bot in
            let pool = TaskPool()
            let streamed = try listen(bot, in: pool)
            let call = try await bot.hand.call()
            let (whole, request) = (Mailbox<String>(), try bot.request("What is a berth?"))
            pool.spawn {
                let answer = try? await bot.complete(request, bot.bot.models.choices)
                whole.put(answer?.text ?? "none")
            }
            await settle()
            call.say("A bed.")
            call.finish()
            #expect(try await streamed.next("the stream") == "A bed.")
            #expect(try await whole.next("the whole") == "A bed.")
        }
    }

    @Loop @Test func `what is not only text comes to every listener as the provider said it`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let bodies = Mailbox<Answer>()
            let pool = TaskPool()
            for _ in 0..<2 {
                pool.spawn {
                    let body =
                        #"{"model":"berth","stream":true,"messages":[{"role":"user","content":"?"}]}"#
                    if let answer = try? await bot.chat(body) { bodies.put(answer) }
                }
            }
            let call = try await bot.hand.call()
            let thought =
                #"{"choices":[{"index":0,"delta":{"reasoning":"Hm."},"finish_reason":null}]}"#
            call.send(SSE.event(Array(thought.utf8)))
            call.say("A bed.")
            call.finish()
            for _ in 0..<2 {
                let text = try await bodies.next("a body").text
                #expect(text.contains(#""reasoning":"Hm.""#) && text.contains("A bed."))
                #expect(text.contains("[DONE]"))
            }
        }
    }

    @Loop @Test func `turns share too, and their answers are kept`() async throws {
        try await withBot(Self.setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (hers, his) = (try await bot.session(), try await bot.session(of: bob))
            let (turn, call) = try await bot.ask("What is a berth?", in: hers)
            let second = try await bot.bot.turns.begin("What is a berth?", in: his, by: bob)
            await settle()
            call.say("A bed.")
            call.finish()
            #expect(try await turn.ended().text == "A bed.")
            #expect(try await second.ended().text == "A bed.")
            let (eve, _) = try await bot.bot.tenants.add("eve")
            let third = try await bot.bot.turns.begin(
                "What is a berth?",
                in: try await bot.session(of: eve),
                by: eve
            )
            let (text, outcome) = try await third.ended()
            #expect(text == "A bed." && outcome.end == .done && outcome.outputTokens == 0)
            let received = bot.hand.received
            #expect(received == 1)
            #expect(try await bot.history(his, of: bob).map(\.state) == ["done"])
        }
    }

    @Loop @Test(arguments: [0, 1, 2])
    func `the turn that leads writes its end and all costs in one commit`(
        followers: Int
    ) async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("What is a berth?", in: session)
            let pool = TaskPool()
            let told = try (0..<followers).map { _ in try listen(bot, in: pool) }
            await settle()
            call.say("A bed.")
            await settle()
            let before = bot.store.counts.writes
            call.finish()
            #expect(try await turn.ended().outcome.end == .done)
            for one in told { #expect(try await one.next("the answer") == "A bed.") }
            await bot.bot.meter.drain()
            #expect(bot.store.counts.writes == before + 1)
            let used = try await bot.used()
            #expect(used.requests == 1 + followers && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `a turn that leads and is stopped leaves the costs to those who stay`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("What is a berth?", in: session)
            let pool = TaskPool()
            let told = try listen(bot, in: pool)
            await settle()
            call.say("A ")
            _ = try await turn.reader().next()
            try bot.bot.turns.stop(turn.id, by: bot.ann)
            #expect(try await turn.ended().outcome.end == .stopped)
            call.say("bed.")
            call.finish()
            #expect(try await told.next("the answer") == "A bed.")
            await bot.bot.meter.drain()
            let used = try await bot.used()
            #expect(used.requests == 2 && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `asked again by its author, a question is asked anew`() async throws {
        try await withBot(Self.setup) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("What is a berth?", in: session)
            call.say("A")
            _ = try await turn.reader().next()
            try bot.bot.turns.stop(turn.id, by: bot.ann)
            _ = try await turn.ended()
            let other = try await bot.session()
            try await bot.exchange("What is a berth?", "A bed.", in: other)
            let again = try await bot.bot.turns.again(turn.id, by: bot.ann)
            let fresh = try await bot.hand.call()
            fresh.say("A place.")
            fresh.finish()
            #expect(try await again.ended().text == "A place.")
        }
    }

    @Loop @Test func `who has too little left is refused while the others go on`() async throws {
        try await withBot(Self.setup) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            try await bot.bot.tenants.changeQuotas(of: bob) { $0.tokensPerDay = 10 }
            let ann = try listen(bot, in: pool)
            let call = try await bot.hand.call()
            let told = try await listen(bot, as: bob, in: pool).next("a refusal")
            #expect(told.contains("tokens per day"))
            call.say("A bed.")
            call.finish()
            #expect(try await ann.next("the answer") == "A bed.")
        }
    }
}
