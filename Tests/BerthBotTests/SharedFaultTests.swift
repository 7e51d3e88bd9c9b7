import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthQueue
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// The callers of a shared call, of which a fault of one does not affect the others.
@Suite(.loop, .timeLimit(.minutes(20))) struct SharedFaultTests {
    private static let setup = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" }
    }

    /// Asks as ann, who leads, and bob, who follows, of the first model, before `spare`.
    @Loop private func followed(
        _ bot: BotFixture,
        in pool: TaskPool
    ) async throws -> (ann: Mailbox<String>, bob: Mailbox<String>, HandCall, LiveTenant) {
        let (bob, _) = try await bot.bot.tenants.add("bob")
        let ann = try listen(bot, in: pool)
        let call = try await bot.hand.call()
        let second = try listen(bot, as: bob, in: pool)
        await settle()
        return (ann, second, call, bob)
    }

    private static let withSpare = Setup { settings in
        settings.cache.scope = .safe
        settings.chatModels.removeAll { $0.provider != "hand" && $0.provider != "spare" }
    }

    @Loop @Test func `an answer that ends without a word has the next model asked for all`()
        async throws
    {
        try await withBot(Self.withSpare) { bot in
            let pool = TaskPool()
            let (ann, second, call, bob) = try await followed(bot, in: pool)
            call.send(Array("data: [DONE]\n\n".utf8))
            call.end()
            #expect(try await ann.next("ann's answer").hasPrefix("token1"))
            #expect(try await second.next("bob's answer").hasPrefix("token1"))
            for tenant in [bot.ann, bob] {
                let (ledger, book) = (try await bot.used(tenant), bot.bot.meter.usage(tenant))
                // Ann asked the first model, which may have charged her.
                let requests = tenant === bot.ann ? 2 : 1
                #expect(book.requests == requests && ledger.requests == requests)
                #expect(book.tokens == ledger.tokens && ledger.reservedTokens == 0)
            }
        }
    }

    @Loop @Test func `what is refused to the first asker alone is not refused to the others`()
        async throws
    {
        try await withBot(Self.withSpare) { bot in
            let pool = TaskPool()
            let (ann, second, call, bob) = try await followed(bot, in: pool)
            try await bot.bot.set(.suspended, of: bot.ann)
            call.answer(.error(500, "broken"))
            #expect(try await ann.next("ann's refusal").contains("suspended"))
            let own = try await bot.hand.call()
            own.say("A bed.")
            own.finish()
            #expect(try await second.next("bob's answer") == "A bed.")
            let (ledger, book) = (try await bot.used(bob), bot.bot.meter.usage(bob))
            #expect(book.requests == 1 && ledger.requests == 1 && book.tokens == ledger.tokens)
        }
    }

    @Loop @Test func `a share is charged to the day on which it was asked for`() async throws {
        try await withBot(Self.setup) { bot in
            let now = bot.clock.timestamp
            bot.clock.advance(by: now.endOfDay - now - .seconds(10))
            let pool = TaskPool()
            let (ann, second, call, bob) = try await followed(bot, in: pool)
            bot.clock.advance(by: .seconds(20))
            call.say("A bed.")
            call.finish()
            _ = try await (ann.next("ann's answer"), second.next("bob's answer"))
            for tenant in [bot.ann, bob] {
                let (ledger, book) = (try await bot.used(tenant), bot.bot.meter.usage(tenant))
                #expect(ledger.requests == 0 && ledger.tokens == 0 && book.tokens == 0)
            }
        }
    }

    @Loop @Test func `who asks for a stream is told why a whole answer ended`() async throws {
        try await withBot(Self.setup) { bot in
            let pool = TaskPool()
            let request = try bot.request("What is a berth?")
            pool.spawn { _ = try? await bot.complete(request, bot.bot.models.choices) }
            let call = try await bot.hand.call()
            let ends = Mailbox<[String]>()
            pool.spawn {
                var reasons: [String] = []
                let stream = try? await bot.stream(request, bot.bot.models.choices)
                while let chunk = try? await stream?.next() {
                    if let reason = chunk.finish { reasons.append(reason) }
                }
                ends.put(reasons)
            }
            await settle()
            let usage = TokenUsage(input: 7, output: 3, isEstimated: false)
            call.answer(
                .json(CompletionJSON.completion(text: "A bed", finish: "length", usage: usage))
            )
            #expect(try await ends.next("the end") == ["length"])
        }
    }

    @Loop @Test func `a whole answer that broke off is charged to all who waited for it`()
        async throws
    {
        try await withBot(Self.setup) { bot in
            let (pool, ends) = (TaskPool(), Mailbox<Bool>())
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let request = try bot.request("What is a berth?")
            for tenant in [bot.ann, bob] {
                pool.spawn {
                    let answer = try? await bot.complete(request, bot.bot.models.choices, tenant)
                    ends.put(answer == nil)
                }
            }
            let call = try await bot.hand.call()
            await settle()
            call.send(Array(#"{"choices":"#.utf8))
            call.cut()
            for _ in 0..<2 { #expect(try await ends.next("an end")) }
            let (hers, his) = (try await bot.used(), try await bot.used(bob))
            #expect(hers.inputTokens > 0 && hers.inputTokens == his.inputTokens)
        }
    }

    @Loop @Test func `who joins a call needs no room in the queue`() async throws {
        var policy = WorkPolicy.impatient
        policy.waitingPerTenant = 1
        let setup = Setup(policy: policy) { settings in
            settings.cache.scope = .safe
            settings.chatModels.removeAll { $0.provider != "hand" }
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
        }
        try await withBot(setup) { bot in
            let pool = TaskPool()
            let first = try listen(bot, in: pool)
            let call = try await bot.hand.call()
            let other = try bot.request("something else")
            pool.spawn { _ = try? await bot.complete(other, bot.bot.models.choices) }
            await settle()
            let second = try listen(bot, in: pool)
            await settle()
            call.say("A bed.")
            call.finish()
            #expect(try await first.next("the answer") == "A bed.")
            #expect(try await second.next("the same answer") == "A bed.")
            pool.cancelAll()
            await pool.drain()
        }
    }

    @Loop @Test func `who joins does not wait behind what the first asker asked before`()
        async throws
    {
        let setup = Setup { settings in
            settings.cache.scope = .safe
            settings.chatModels.removeAll { $0.provider != "hand" }
            for index in settings.providers.indices { settings.providers[index].concurrency = 1 }
        }
        try await withBot(setup) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            for number in 0..<5 {
                let request = try bot.request("number \(number)")
                pool.spawn { _ = try? await bot.complete(request, bot.bot.models.choices) }
                await settle()
            }
            let busy = try await bot.hand.call()
            let ann = try listen(bot, in: pool)
            await settle()
            let second = try listen(bot, as: bob, in: pool)
            await settle()
            let usage = TokenUsage(input: 20, output: 3, isEstimated: false)
            let done = CompletionJSON.completion(text: "Done.", finish: "stop", usage: usage)
            busy.answer(.json(done))
            // One more call of ann's runs before bob's. Without bob it would be her sixth.
            try await bot.hand.call().answer(.json(done))
            let call = try await bot.hand.call()
            #expect(call.messages == ["user: What is a berth?"])
            let counted = bot.bot.queues.count(in: .chat)
            #expect(counted.waiting == 3 && counted.running == 1)
            call.say("A bed.")
            call.finish()
            #expect(try await ann.next("ann's answer") == "A bed.")
            #expect(try await second.next("bob's answer") == "A bed.")
            pool.cancelAll()
            await pool.drain()
            _ = await eventually { bot.bot.queues.count(in: .chat) == (0, 0) }
            let counts = bot.bot.queues.count(in: .chat)
            #expect(counts.waiting == 0 && counts.running == 0)
        }
    }

    @Loop @Test func `however many stand in line for a call, one permit is given`() async throws {
        try await withBot(Self.setup) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let told = try [bot.ann, bob, bot.ann].map { try listen(bot, as: $0, in: pool) }
            let call = try await bot.hand.call()
            let counts = bot.bot.queues.count(in: .chat)
            #expect(counts.waiting == 0 && counts.running == 1)
            call.say("A bed.")
            call.finish()
            for one in told { #expect(try await one.next("the answer") == "A bed.") }
            let after = bot.bot.queues.count(in: .chat)
            #expect(after.running == 0)
        }
    }

    @Loop @Test func `who has left holds no memory, though the others go on`() async throws {
        try await withBot(Self.setup) { bot in
            let pool = TaskPool()
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let told = try listen(bot, in: pool)
            let call = try await bot.hand.call()
            try await comeAndGo(bot, bob)
            let held = bob.account.held
            #expect(held == .zero)
            call.say("A bed.")
            call.finish()
            #expect(try await told.next("the answer") == "A bed.")
        }
    }

    @Loop private func comeAndGo(_ bot: BotFixture, _ bob: LiveTenant) async throws {
        let session = try await bot.session(of: bob)
        let turn = try await bot.bot.turns.begin("What is a berth?", in: session, by: bob)
        await settle()
        try bot.bot.turns.stop(turn.id, by: bob)
        #expect(try await turn.ended().outcome.end == .stopped)
        await settle()
    }
}
