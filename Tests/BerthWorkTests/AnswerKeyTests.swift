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
@Suite(.loop, .timeLimit(.minutes(20))) struct AnswerKeyTests {
    private static nonisolated let question = #"[{"role":"user","content":"Who?"}]"#

    /// A cache of answers of its own.
    @Loop private func cache(
        _ bot: BotFixture,
        scope: Configuration.Cache.Scope = .safe,
        common: Int = 3
    ) throws -> AnswerCache {
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
        (settings.scope, settings.common) = (scope, common)
        return AnswerCache(cache, settings: settings)
    }

    /// The names of an answer to each of the tenants.
    @Loop private func names(
        _ bot: BotFixture,
        _ answers: AnswerCache,
        _ messages: String,
        _ tenants: [LiveTenant],
        isOwn: Bool = false
    ) async throws -> [CacheKey?] {
        let request = try JSONObject(Array(#"{"messages":\#(messages)}"#.utf8))
        var keys: [CacheKey?] = []
        for tenant in tenants {
            var ask = Ask(request, bot.bot.models.choices, tenant, since: bot.clock.now)
            ask.isOwn = isOwn
            keys.append(await answers.name(ask)?.key)
        }
        return keys
    }

    @Loop private func tenants(_ bot: BotFixture, _ names: [String]) async throws -> [LiveTenant] {
        var tenants = [bot.ann]
        for name in names { tenants.append(try await bot.bot.tenants.add(name).0) }
        return tenants
    }

    @Loop private func keys(
        _ bot: BotFixture,
        _ messages: String,
        isContextFree: Bool = false
    ) async throws -> (ann: CacheKey?, again: CacheKey?, bob: CacheKey?) {
        let (bob, _) = try await bot.bot.tenants.add("bob")
        let answers = try cache(bot)
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

    private static nonisolated let instructed =
        #"[{"role":"system","content":"Be brief."},{"role":"user","content":"Who?"}]"#

    @Loop @Test func `a system text that three tenants have sent is shared from then on`()
        async throws
    {
        try await withBot { bot in
            let all = try await tenants(bot, ["bob", "cid", "dan"])
            let answers = try cache(bot)
            let first = try await names(bot, answers, Self.instructed, Array(all[..<2]))
            // Neither of the first two is given the other's answer.
            #expect(first[0] != nil && first[0] != first[1])
            let again = try await names(bot, answers, Self.instructed, Array(all[..<2]))
            #expect(again == first)
            let third = try await names(bot, answers, Self.instructed, Array(all[2...]))
            #expect(third[0] != nil && third[0] == third[1])
            let later = try await names(bot, answers, Self.instructed, Array(all[..<2]))
            #expect(later == third)
            #expect(!first.contains(third[0]))
        }
    }

    @Loop @Test(arguments: [Configuration.Cache.Scope.safe, .shared])
    func `a turn with its author's own instructions is for the author alone`(
        scope: Configuration.Cache.Scope
    ) async throws {
        try await withBot { bot in
            let all = try await tenants(bot, ["bob", "cid", "dan"])
            let answers = try cache(bot, scope: scope, common: 2)
            let keys = try await names(bot, answers, Self.instructed, all, isOwn: true)
            #expect(keys.allSatisfy { $0 != nil } && Set(keys).count == 4)
        }
    }

    @Loop @Test func `one tenant makes no system text common, however often it sends it`()
        async throws
    {
        try await withBot { bot in
            let all = try await tenants(bot, ["bob"])
            let answers = try cache(bot, common: 2)
            let ann = Array(repeating: bot.ann, count: 5)
            let own = try await names(bot, answers, Self.instructed, ann)
            #expect(Set(own).count == 1 && own[0] != nil)
            let both = try await names(bot, answers, Self.instructed, all)
            #expect(both[0] == own[0] && both[1] != own[0])
        }
    }

    @Loop
    @Test(arguments: [
        #"[{"role":"system","content":"Be brief."},{"role":"user","content":"a","name":"ann"}]"#,
        #"[{"role":"system","content":"Be brief.","name":"x"},{"role":"user","content":"a"}]"#,
        #"[{"role":"system","content":[{"type":"text","text":"Be brief."}]},{"role":"user","content":"a"}]"#,
        #"[{"role":"assistant","content":"Be brief."},{"role":"user","content":"a"}]"#,
        #"[{"role":"system","content":"Be brief."},{"role":"system","content":"Be kind."}]"#,
        #"[{"role":"system","content":"Be brief."},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]"#,
    ])
    func `a common system text shares nothing but a bare question after it`(messages: String)
        async throws
    {
        try await withBot { bot in
            let all = try await tenants(bot, ["bob", "cid", "dan"])
            let answers = try cache(bot)
            _ = try await names(bot, answers, Self.instructed, all)
            let keys = try await names(bot, answers, messages, all + all)
            #expect(!keys.contains(nil) && Set(keys).count == all.count)
        }
    }

    @Loop @Test func `no system text is common with a bound of 0 or in the scope of a tenant`()
        async throws
    {
        try await withBot { bot in
            let all = try await tenants(bot, ["bob", "cid", "dan"])
            for answers in [try cache(bot, common: 0), try cache(bot, scope: .tenant)] {
                let keys = try await names(bot, answers, Self.instructed, all + all)
                #expect(!keys.contains(nil) && Set(keys).count == all.count)
            }
        }
    }

    @Loop
    @Test(arguments: [
        instructed, question,
        #"[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]"#,
    ])
    func `in the scope shared every exact repeat is for all`(messages: String) async throws {
        try await withBot { bot in
            let all = try await tenants(bot, ["bob"])
            let answers = try cache(bot, scope: .shared)
            let keys = try await names(bot, answers, messages, all)
            #expect(keys[0] != nil && keys[0] == keys[1])
            let other = try await names(bot, answers, #"[{"role":"user","content":"x"}]"#, all)
            #expect(other[0] != keys[0])
        }
    }
}
