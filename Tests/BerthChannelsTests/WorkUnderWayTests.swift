import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// A tenant's memory and work: memory that is held without work under way is a leak.
@Suite(.loop, .timeLimit(.minutes(20))) struct WorkUnderWayTests {
    private static let question =
        #"{"model":"hand/m","stream":true,"#
        + #""messages":[{"role":"user","content":"hi"}]}"#

    /// The tenants that seem to have leaked a lease.
    @Loop private func strays(_ bot: BotFixture) -> [String] {
        bot.budget.look()
        return bot.budget.standing.accounts.filter(\.isStray).map(\.name)
    }

    /// Waits until nothing is leased, and returns the tenants that seemed to leak meanwhile.
    @Loop private func straysUntilIdle(_ bot: BotFixture) async -> [String] {
        var found: [String] = []
        let isIdle = await eventually {
            found += strays(bot)
            return bot.ann.account.held == .zero
        }
        return isIdle ? found : found + ["never idle"]
    }

    @Loop @Test func `streams and whole answers, to their end or not, are work`() async throws {
        try await withBot { bot in
            var found: [String] = []
            let stream = try await Self.begin(bot)
            #expect(bot.ann.account.held > .zero)
            found += strays(bot)
            stream.call.finish()
            _ = try await stream.reader.rest()
            found += await straysUntilIdle(bot)

            let left = try await Self.begin(bot)
            left.reader.leave()
            found += await straysUntilIdle(bot)
            try await left.call.gone()

            let pool = TaskPool()
            let whole = Self.question.replacing("true", with: "false")
            let asked = pool.spawn { _ = try? await bot.chat(whole) }
            let call = try await bot.hand.call()
            found += strays(bot)
            asked.cancel()
            found += await straysUntilIdle(bot)
            try await call.gone()
            pool.spawn { _ = try? await bot.chat(whole) }
            try await bot.hand.call().answer(
                .json(CompletionJSON.completion(text: "yes", finish: "stop", usage: .one))
            )
            found += await straysUntilIdle(bot)
            await pool.drain()
            #expect(found == [])
        }
    }

    @Loop @Test func `turns, their readers and their history are work, kept answers too`()
        async throws
    {
        try await withBot(Setup { $0.cache.scope = .safe }) { bot in
            var found: [String] = []
            let made = try await bot.ask("POST", "/terminal/sessions", as: .key(bot.key))
            let session = try #require(made.object?.string("id"))
            let path = "/terminal/sessions/\(session)/turns"
            let reader = EventReader(
                try await bot.send("POST", path, Array(#"{"text":"hi"}"#.utf8), as: .key(bot.key))
            )
            let call = try await bot.hand.call()
            call.say("so far")
            found += strays(bot)
            // The turn goes on without its reader.
            reader.leave()
            #expect(await eventually { bot.server.openConnections == 0 })
            found += strays(bot)
            #expect(bot.ann.account.held > .zero)
            call.finish()
            found += await straysUntilIdle(bot)
            #expect(try await bot.ask("GET", path, as: .key(bot.key)).status == 200)
            found += await straysUntilIdle(bot)
            // The answer is cached, and replayed.
            _ = try await bot.stream(Self.question.replacing("hand/m", with: "berth")).rest()
            #expect(bot.hand.received == 1)
            found += await straysUntilIdle(bot)
            #expect(found == [])
        }
    }

    @Loop @Test func `a lease that is forgotten is seen at once`() async throws {
        try await withBot { bot in
            let lease = try bot.ann.account.lease(.kibibytes(1), for: .replyBuffer)
            let forgotten = unsafe Unmanaged.passRetained(LeaseHolder(lease))
            #expect(strays(bot) == ["ann"])
            // A lease is no leak while work under way may hold it.
            let work = bot.ann.account.begin()
            #expect(strays(bot) == [])
            _ = consume work
            #expect(strays(bot) == ["ann"])
            unsafe forgotten.release()
            #expect(strays(bot) == [])
        }
    }

    /// A stream of ann's whose first word has come.
    @Loop private static func begin(
        _ bot: BotFixture
    ) async throws -> (reader: EventReader, call: HandCall) {
        let pool = TaskPool()
        let readers = Mailbox<EventReader>()
        pool.spawn { if let reader = try? await bot.stream(question) { readers.put(reader) } }
        let call = try await bot.hand.call()
        call.say("so far")
        let reader = try await readers.next("the stream")
        _ = try await reader.next()
        return (reader, call)
    }
}

extension TokenUsage {
    fileprivate static var one: TokenUsage { TokenUsage(input: 1, output: 1, isEstimated: false) }
}
