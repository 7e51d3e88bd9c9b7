import BerthBot
import BerthCache
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTestKit
import Testing

/// The explanation for the operator of a model that its provider does not know.
@Suite(.loop, .timeLimit(.minutes(20))) struct ModelListsTests {
    private static let told = "a provider does not know a model"

    /// Asks the model named `404`, which the fake provider refuses and does not list.
    @Loop private func ask(_ bot: BotFixture) async throws {
        let model = try #require(bot.bot.models.find("fake/404"))
        let request = try bot.request()
        let refusal = await bot.failure { _ = try await bot.complete(request, [model]) }
        #expect(refusal?.name == "provider")
    }

    @Loop private func lines(_ bot: BotFixture) -> [String] {
        bot.lines.all.filter { $0.contains(Self.told) }
    }

    @Loop @Test func `the operator is told once which name is near`() async throws {
        try await withBot(Setup { $0.cache.scope = .safe }) { bot in
            try await ask(bot)
            #expect(await eventually { !lines(bot).isEmpty })
            let line = try #require(lines(bot).first)
            #expect(line.contains("fake/404") && line.contains("did you mean '40"))
            try await ask(bot)
            await settle()
            #expect(lines(bot).count == 1)
            let statistics = bot.bot.cache.statistics
            #expect(statistics.kinds[.modelList]?.misses == 1 && statistics.stores == 1)
        }
    }

    @Loop @Test func `a provider that does not list is asked again at the next refusal`()
        async throws
    {
        try await withBot(Setup { $0.cache.scope = .safe }) { bot in
            let session = try await bot.session()
            for number in 1...2 {
                let (turn, call) = try await bot.ask("hello", in: session)
                call.answer(.error(404, "no such model"))
                // The next model answers.
                #expect(try await turn.ended().outcome.end == .done)
                #expect(
                    await eventually {
                        bot.bot.cache.statistics.kinds[.modelList]?.misses == number
                            && bot.budget.account(for: "(model lists)", quota: ModelList.limit).held
                                == .zero
                    }
                )
            }
            #expect(lines(bot).isEmpty)
        }
    }

    @Loop @Test func `a failure of another kind asks for no list`() async throws {
        try await withBot(Setup { $0.cache.scope = .safe }) { bot in
            let model = try #require(bot.bot.models.find("fake/too-long"))
            let request = try bot.request()
            _ = await bot.failure { _ = try await bot.complete(request, [model]) }
            await settle()
            #expect(bot.bot.cache.statistics.kinds[.modelList] == nil)
        }
    }
}
