import BerthBot
import BerthCache
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import BerthText
import Testing

@testable import BerthWork

/// The names under which answers are cached.
@Suite(.loop, .timeLimit(.minutes(5))) struct AnswerKeyTests {
    private static nonisolated let question = #"[{"role":"user","content":"Who?"}]"#

    @Loop private func keys(
        _ bot: BotFixture,
        _ messages: String,
        isContextFree: Bool = false
    ) async throws -> (ann: CacheKey?, again: CacheKey?, bob: CacheKey?) {
        let (bob, _) = try await bot.bot.tenants.add("bob")
        let account = bot.budget.account(for: "(test)", quota: .mebibytes(1))
        let memory = try MemoryCache(limit: .kibibytes(64), account: account, in: .quiet(bot.clock))
        let cache = ResponseCache(
            memory: memory,
            redis: nil,
            transit: account,
            lifetimes: Lifetimes(base: .seconds(60)),
            in: .quiet(bot.clock)
        )
        var settings = bot.configuration.cache
        settings.scope = .safe
        let answers = AnswerCache(cache, settings: settings)
        let request = try JSONObject(Array(#"{"messages":\#(messages)}"#.utf8))
        var keys: [CacheKey?] = []
        for tenant in [bot.ann, bot.ann, bob] {
            var ask = Ask(request, bot.bot.models.choices, tenant, since: bot.clock.now)
            ask.isContextFree = isContextFree
            keys.append(await answers.name(ask)?.key)
        }
        return (keys[0], keys[1], keys[2])
    }

    @Loop
    @Test(arguments: [
        #"[{"role":"system","content":"ann's secret"},{"role":"user","content":"Who?"}]"#,
        #"[{"role":"user","content":"a"},{"role":"assistant","content":"secret"},{"role":"user","content":"b"}]"#,
    ])
    func `what carries a tenant's own words is for that tenant alone`(messages: String) async throws
    {
        try await withBot { bot in
            let keys = try await keys(bot, messages)
            #expect(keys.ann != nil && keys.ann == keys.again && keys.ann != keys.bob)
        }
    }

    @Loop @Test func `a bare question is for all`() async throws {
        try await withBot { bot in
            let keys = try await keys(bot, Self.question)
            #expect(keys.ann != nil && keys.ann == keys.bob)
        }
    }

    @Loop @Test func `a turn without history is for all, the operator's system text or not`()
        async throws
    {
        try await withBot { bot in
            let messages =
                #"[{"role":"system","content":"Be kind."},{"role":"user","content":"Who?"}]"#
            let keys = try await keys(bot, messages, isContextFree: true)
            #expect(keys.ann != nil && keys.ann == keys.bob)
        }
    }
}
