import BerthBot
import BerthConfig
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import BerthWork
import Testing

/// Answers that are read ahead of callers who do not read.
@Suite(.loop, .timeLimit(.minutes(20))) struct ReadAheadTests {
    private static func setup(_ scope: Configuration.Cache.Scope) -> Setup {
        Setup { settings in
            settings.chatModels.removeAll { $0.provider != "hand" }
            settings.cache.scope = scope
            settings.quotas.memory = .mebibytes(1)
            settings.allowAnswers(ofTokens: 10_000_000)
        }
    }

    private static let word = String(repeating: "x", count: 1_000)

    /// Reads an answer to its end.
    @Loop private func rest(_ answer: any AnswerStream) async -> (bytes: Int, error: BotError?) {
        var bytes = 0
        do throws(BotError) {
            while let piece = try await answer.next() { bytes += piece.text.utf8.count }
            return (bytes, nil)
        } catch { return (bytes, error) }
    }

    @Loop @Test func `the call ends and is settled although nobody reads`() async throws {
        try await withBot(Self.setup(.off)) { bot in
            let (models, request) = (bot.bot.models.choices, try bot.request())
            let (pool, begun) = (TaskPool(), Mailbox<any AnswerStream>())
            pool.spawn { if let one = try? await bot.stream(request, models) { begun.put(one) } }
            let call = try await bot.hand.call()
            for _ in 0..<100 { call.say(Self.word) }
            call.finish()
            let answer = try await begun.next("the answer")
            #expect(await eventually { bot.bot.queues.state(of: "hand")?.running == 0 })
            let used = try await bot.used()
            #expect((used.requests, used.outputTokens, used.reservedTokens) == (1, 3, 0))
            let (bytes, error) = await rest(answer)
            #expect(bytes == 100_000 && error == nil)
            #expect(answer.usage.output == 3 && answer.charged?.output == 3)
            answer.finish()
        }
    }

    @Loop @Test func `a full lease ends the call, once, as no failure of the provider`()
        async throws
    {
        try await withBot(Self.setup(.off)) { bot in
            let (models, request) = (bot.bot.models.choices, try bot.request())
            for round in 1...3 {
                let (pool, begun) = (TaskPool(), Mailbox<any AnswerStream>())
                pool.spawn {
                    if let one = try? await bot.stream(request, models) { begun.put(one) }
                }
                let call = try await bot.hand.call()
                for _ in 0..<3_000 { call.say(Self.word) }
                let answer = try await begun.next("the answer")
                try await call.gone()
                let (bytes, error) = await rest(answer)
                #expect(bytes > 500_000 && bytes < 1_048_576)
                #expect(error?.name == "readTooSlowly")
                #expect(error?.disposition.fault == .caller)
                let used = try await bot.used()
                #expect((used.requests, used.reservedTokens) == (round, 0))
                answer.finish()
            }
            let access = bot.bot.queues.state(of: "hand")?.access
            #expect(access == .open)
            let held = bot.ann.account.held
            #expect(held == .zero)
        }
    }

    @Loop @Test func `a slow follower of a shared answer is ended alone`() async throws {
        try await withBot(Self.setup(.safe)) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (models, request) = (bot.bot.models.choices, try bot.request())
            let (pool, heard) = (TaskPool(), Mailbox<Int>())
            pool.spawn {
                guard let answer = try? await bot.stream(request, models, bob) else { return }
                heard.put(await self.rest(answer).bytes)
                answer.finish()
            }
            let call = try await bot.hand.call()
            call.say("begin ")
            let slow = try await bot.stream(request, models)
            for _ in 0..<3_000 { call.say(Self.word) }
            call.finish()
            #expect(try await heard.next("bob's answer") == 3_000_006)
            let error = await rest(slow).error
            #expect(error?.name == "readTooSlowly")
            slow.finish()
            let received = bot.hand.received
            #expect(received == 1)
            for tenant in [bot.ann, bob] {
                let used = try await bot.used(tenant)
                #expect(used.requests == 1 && used.reservedTokens == 0)
            }
        }
    }

    @Loop @Test func `a follower that is behind holds none of the shared log after its end`()
        async throws
    {
        try await withBot(Self.setup(.safe)) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (models, request) = (bot.bot.models.choices, try bot.request())
            let (pool, heard) = (TaskPool(), Mailbox<Int>())
            pool.spawn {
                guard let answer = try? await bot.stream(request, models, bob) else { return }
                heard.put(await self.rest(answer).bytes)
                answer.finish()
            }
            let call = try await bot.hand.call()
            call.say("begin ")
            let slow = try await bot.stream(request, models)
            for _ in 0..<500 { call.say(Self.word) }
            call.finish()
            #expect(try await heard.next("bob's answer") == 500_006)
            let shared = { @Loop in
                bot.budget.standing.accounts.first { $0.name == "(shared answers)" }?.held
            }
            #expect(await eventually { (shared() ?? .zero) == .zero })
            let (bytes, error) = await rest(slow)
            #expect(bytes == 500_006 && error == nil)
            slow.finish()
        }
    }
}
