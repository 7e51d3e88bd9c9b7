import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthStore
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels

/// Equal requests for embeddings, at once and with an `Idempotency-Key`.
@Suite(.loop, .timeLimit(.minutes(20))) struct EmbeddingCallTests {
    private static func embedding(
        cache: Configuration.Cache.Scope,
        folder: TemporaryFolder? = nil,
        seed: UInt64 = 1
    ) -> Setup {
        Setup(folder: folder, seed: seed) { settings in
            let price = Money(micros: 1_000_000)
            settings.embeddingModels = [.init(provider: "hand", model: "e", price: price)]
            settings.cache.scope = cache
        }
    }

    /// Sends a request in a task.
    @Loop private static func send(
        _ bot: BotFixture,
        _ input: String = "a",
        as key: String? = nil,
        named name: String? = nil,
        in pool: TaskPool
    ) -> Mailbox<Answer> {
        let answers = Mailbox<Answer>()
        pool.spawn {
            let answer = try? await Self.ask(bot, input, as: key, named: name)
            if let answer { answers.put(answer) }
        }
        return answers
    }

    @Loop private static func ask(
        _ bot: BotFixture,
        _ input: String = "a",
        as key: String? = nil,
        named name: String? = nil
    ) async throws -> Answer {
        let fields = name.map { [("idempotency-key", $0)] } ?? []
        return try await EmbeddingAPITests.embed(
            bot,
            #""input":"\#(input)""#,
            model: "e",
            key: key,
            fields
        )
    }

    private static func whole(_ vector: String = "[1,0]") -> HTTPResponse {
        let json =
            #"{"data":[{"embedding":\#(vector)}],"usage":{"prompt_tokens":5,"total_tokens":5}}"#
        return .json(Array(json.utf8))
    }

    /// Waits until that many requests of a tenant are under way.
    @Loop private static func wait(for count: Int, of tenant: LiveTenant) async {
        let isThere = await eventually { tenant.callsUnderWay.count == count }
        #expect(isThere)
        await settle()
    }

    // MARK: At once

    @Loop @Test func `equal requests at once are one call`() async throws {
        try await withBot(Self.embedding(cache: .safe)) { bot in
            let (_, secret) = try await bot.bot.tenants.add("bob")
            let (pool, bob) = (TaskPool(), try bot.bot.tenants.named("bob"))
            let first = Self.send(bot, in: pool)
            let call = try await bot.hand.call()
            let second = Self.send(bot, in: pool)
            let third = Self.send(bot, as: secret.text, in: pool)
            await Self.wait(for: 2, of: bot.ann)
            await Self.wait(for: 1, of: bob)
            call.answer(Self.whole())
            var texts: Set<String> = []
            for answers in [first, second, third] {
                let answer = try await answers.next("an answer")
                #expect(answer.status == 200)
                texts.insert(answer.text)
            }
            #expect(texts.count == 1 && bot.hand.received == 1)
            // The later ones cost their requests alone.
            let (used, other) = (try await bot.used(), try await bot.used(bob))
            #expect(used.requests == 2 && used.micros == 5 && used.reserved == Amounts())
            #expect(other.requests == 1 && other.micros == 0)
            let isIdle = await eventually {
                bot.ann.account.held == .zero && bob.account.held == .zero
            }
            #expect(isIdle)
        }
    }

    @Loop @Test func `a call goes on for those who wait when the first one leaves`() async throws {
        try await withBot(Self.embedding(cache: .safe)) { bot in
            let (one, two) = (TaskPool(), TaskPool())
            _ = Self.send(bot, in: one)
            let call = try await bot.hand.call()
            let second = Self.send(bot, in: two)
            await Self.wait(for: 2, of: bot.ann)
            one.cancelAll()
            await one.drain()
            call.answer(Self.whole())
            #expect(try await second.next("the answer").status == 200)
            #expect(bot.hand.received == 1)
            // The last one to leave ends the call.
            _ = Self.send(bot, "b", in: two)
            let other = try await bot.hand.call()
            two.cancelAll()
            try await other.gone()
            await two.drain()
            let isIdle = await eventually { bot.ann.account.held == .zero }
            #expect(isIdle)
        }
    }

    @Loop @Test func `a failure is told all, and one of the first alone is not`() async throws {
        try await withBot(Self.embedding(cache: .safe)) { bot in
            let (_, secret) = try await bot.bot.tenants.add("bob")
            let (pool, bob) = (TaskPool(), try bot.bot.tenants.named("bob"))
            let first = Self.send(bot, in: pool)
            let broken = try await bot.hand.call()
            let second = Self.send(bot, as: secret.text, in: pool)
            await Self.wait(for: 1, of: bob)
            broken.answer(.json(Array(#"{"data":[]}"#.utf8)))
            #expect(try await first.next("the first error").status == 502)
            #expect(try await second.next("the second error").status == 502)
            #expect(bot.hand.received == 1)
            // The operator ends the first one's request, and the other goes on.
            let ended = Self.send(bot, "b", in: pool)
            let call = try await bot.hand.call()
            let other = Self.send(bot, "b", as: secret.text, in: pool)
            await Self.wait(for: 1, of: bob)
            let id = try #require(bot.ann.callsUnderWay.first?.id)
            #expect(bot.bot.endCall(id))
            #expect(try await ended.next("the end").status == 403)
            call.answer(Self.whole())
            #expect(try await other.next("the answer").status == 200)
            #expect(bot.hand.received == 2)
        }
    }

    // MARK: Keys

    @Loop @Test func `a repeated key is one call, also after a restart`() async throws {
        let folder = try TemporaryFolder(inMemory: true)
        var text = ""
        try await withBot(Self.embedding(cache: .off, folder: folder)) { bot in
            let pool = TaskPool()
            let first = Self.send(bot, named: "k", in: pool)
            let call = try await bot.hand.call()
            let joined = Self.send(bot, named: "k", in: pool)
            await settle()
            call.answer(Self.whole())
            let one = try await first.next("the first answer")
            let two = try await joined.next("the second answer")
            let three = try await Self.ask(bot, named: "k")
            #expect([one, two, three].allSatisfy { $0.status == 200 && $0.text == one.text })
            #expect(one.headers["x-berth-idempotent"] == nil)
            #expect(two.headers["x-berth-idempotent"] == "replay")
            #expect(three.headers["x-berth-idempotent"] == "replay")
            #expect(try await Self.ask(bot, "other", named: "k").status == 422)
            let used = try await bot.used()
            #expect(bot.hand.received == 1 && used.requests == 1 && used.micros == 5)
            text = one.text
        }
        try await withBot(Self.embedding(cache: .off, folder: folder, seed: 2)) { bot in
            let again = try await Self.ask(bot, named: "k")
            #expect(again.text == text && bot.hand.received == 0)
        }
    }

    @Loop @Test func `a key whose outcome is unknown or too large buys nothing again`()
        async throws
    {
        let (folder, copy) = (try TemporaryFolder(inMemory: true), try TemporaryFolder())
        try await withBot(Self.embedding(cache: .off, folder: folder)) { bot in
            let pool = TaskPool()
            let large = Self.send(bot, named: "large", in: pool)
            let numbers = "[" + String(repeating: "0.25,", count: 220_000) + "1]"
            try await bot.hand.call().answer(Self.whole(numbers))
            #expect(try await large.next("the answer").status == 200)
            let again = try await Self.ask(bot, named: "large")
            let code = again.error?.string("code")
            #expect(again.status == 409 && code == "idempotency_outcome_not_kept")
            _ = Self.send(bot, named: "cut", in: pool)
            _ = try await bot.hand.call()
            // The data as a kill at this moment leaves it.
            for file in ["berth.db", "berth.db-wal"] {
                try copy.write(try folder.read(file), to: file)
            }
            pool.cancelAll()
        }
        try await withBot(Self.embedding(cache: .off, folder: copy, seed: 2)) { bot in
            let again = try await Self.ask(bot, named: "cut")
            let code = again.error?.string("code")
            #expect(again.status == 409 && code == "idempotency_outcome_unknown")
            #expect(bot.hand.received == 0)
        }
    }

    @Loop @Test func `a refusal leaves the key free`() async throws {
        try await withBot(Self.embedding(cache: .off)) { bot in
            let pool = TaskPool()
            for (status, response) in [
                (429, HTTPResponse.error(429, "slow down")), (200, Self.whole()),
            ] {
                let asked = Self.send(bot, named: "k", in: pool)
                try await bot.hand.call().answer(response)
                #expect(try await asked.next("the answer").status == status)
                // A pause of the model is over.
                bot.clock.advance(by: .seconds(60))
            }
            #expect(bot.hand.received == 2)
        }
    }
}
