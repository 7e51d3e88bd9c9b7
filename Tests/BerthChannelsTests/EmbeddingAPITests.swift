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

/// `/v1/embeddings`: the answer, its price, the ledger and the cache.
@Suite(.loop, .timeLimit(.minutes(20))) struct EmbeddingAPITests {
    /// A service whose models make embeddings, for a dollar per million tokens.
    private static func embedding(
        _ models: String...,
        cache: Configuration.Cache.Scope = .off,
        _ change: @escaping @Sendable (inout Configuration) -> Void = { _ in }
    ) -> Setup {
        Setup { settings in
            settings.embeddingModels = models.map {
                .init(provider: "fake", model: $0, price: Money(micros: 1_000_000))
            }
            settings.cache.scope = cache
            change(&settings)
        }
    }

    @Loop static func embed(
        _ bot: BotFixture,
        _ members: String,
        model: String = "fake/embed",
        key: String? = nil,
        _ fields: [(String, String)] = []
    ) async throws -> Answer {
        try await bot.ask(
            "POST",
            "/v1/embeddings",
            #"{"model":"\#(model)",\#(members)}"#,
            as: .key(key ?? bot.key),
            fields
        )
    }

    @Loop
    @Test(arguments: [
        (#""input":"abcdefgh""#, 1, 2), (#""input":["abcd","efgh","ijkl"]"#, 3, 3),
        (#""input":["abcdefgh"],"encoding_format":"base64""#, 1, 2),
    ])
    func `embeddings are passed on and charged by their tokens`(
        members: String,
        count: Int,
        tokens: Int64
    ) async throws {
        try await withBot(Self.embedding("embed")) { bot in
            let answer = try await Self.embed(bot, members)
            let object = try #require(answer.object)
            let vectors = try #require(object.elements("data"))
            let first = try #require(object.object(at: vectors[0]))
            #expect(answer.status == 200 && vectors.count == count)
            #expect(object.string("object") == "list" && object.string("model") == "fake/embed")
            #expect(first.isString("embedding") == members.contains("base64"))
            #expect(object.object("usage")?.integer("prompt_tokens") == Int(tokens))
            let used = try await bot.used()
            #expect(used.requests == 1 && used.tokens == Int(tokens))
            #expect(used.micros == tokens && used.reserved == Amounts() && used.estimated == 0)
            let held = bot.ann.account.held
            #expect(held == .zero)
        }
    }

    @Loop @Test func `the provider gets its own name of the model, and no user`() async throws {
        try await withBot(Setup { $0.embeddingModels = [.init(provider: "hand", model: "e")] }) {
            bot in
            async let asked = Self.embed(
                bot,
                #""input":[1,2],"user":"mia@example.org","dimensions":2,"odd":[1]"#,
                model: "e"
            )
            let call = try await bot.hand.call()
            #expect(call.object.string("model") == "e")
            #expect(call.object.string("user")?.hasPrefix("berth-") == true)
            #expect(call.object.elements("input")?.count == 2 && call.object.has("odd"))
            #expect(call.headers["authorization"] == "Bearer sk-upstream-secret")
            call.answer(.json(Array(#"{"data":[{"embedding":[1,0]}],"extra":"kept"}"#.utf8)))
            let answer = try await asked
            #expect(answer.object?.string("model") == "hand/e")
            #expect(answer.object?.string("extra") == "kept")
            #expect(answer.object?.object("usage")?.integer("prompt_tokens") == 2)
            #expect(try await bot.used().estimated == 1)
        }
    }

    @Loop
    @Test(arguments: ["401", "429", "529", "404", "no-credit"])
    func `a refused request costs nothing`(model: String) async throws {
        try await withBot(Self.embedding(model)) { bot in
            let answer = try await Self.embed(bot, #""input":"abcdefgh""#, model: model)
            #expect(answer.status >= 400 && answer.error != nil)
            let used = try await bot.used()
            #expect(used.micros == 0 && used.reserved == Amounts())
        }
    }

    @Loop
    @Test(arguments: ["embed-short", "embed-empty"])
    func `an answer without its vectors is a failure of the provider`(model: String) async throws {
        try await withBot(Self.embedding(model)) { bot in
            let answer = try await Self.embed(bot, #""input":["abcdefgh","x"]"#, model: model)
            #expect(answer.status == 502 && answer.error?.string("code") == "provider_failed")
            let used = try await bot.used()
            #expect(used.micros > 0 && used.estimated == 1)
        }
    }

    @Loop @Test func `a repeated request is answered from the cache for all`() async throws {
        try await withBot(Self.embedding("embed", cache: .safe)) { bot in
            let (_, secret) = try await bot.bot.tenants.add("bob")
            var texts: [String] = []
            for (key, hit) in [(bot.key, false), (bot.key, true), (secret.text, true)] {
                let answer = try await Self.embed(bot, #""input":["a","b"],"user":"u""#, key: key)
                #expect((answer.headers["x-berth-cache"] == "hit") == hit)
                texts.append(answer.text)
            }
            #expect(Set(texts).count == 1)
            let fresh = try await Self.embed(
                bot,
                #""input":["a","b"]"#,
                [("cache-control", "no-store")]
            )
            #expect(fresh.headers["x-berth-cache"] == nil)
            for other in [#""input":["b","a"]"#, #""input":["a","b"],"dimensions":4"#] {
                let answer = try await Self.embed(bot, other)
                #expect(answer.headers["x-berth-cache"] == nil && answer.status == 200)
            }
            let used = try await bot.used()
            #expect(used.requests == 5 && used.micros == 8)
        }
    }

    @Loop @Test func `the cache of a tenant is its own if the setting says so`() async throws {
        try await withBot(Self.embedding("embed", cache: .tenant)) { bot in
            let (_, secret) = try await bot.bot.tenants.add("bob")
            for (key, hit) in [(bot.key, false), (secret.text, false), (secret.text, true)] {
                let answer = try await Self.embed(bot, #""input":"a""#, key: key)
                #expect((answer.headers["x-berth-cache"] == "hit") == hit)
            }
        }
    }

    @Loop @Test func `only the models of embeddings are found, by their names`() async throws {
        try await withBot(Self.embedding("embed")) { bot in
            for (model, status) in [
                ("fake/embed", 200), ("embed", 200), ("berth", 404), ("fake/echo", 404),
                ("text-embedding-3-small", 404), ("", 400),
            ] {
                let answer = try await Self.embed(bot, #""input":"a""#, model: model)
                #expect(answer.status == status, "\(model)")
                if status == 404 { #expect(answer.text.contains("fake/embed")) }
            }
            let list = try await bot.ask("GET", "/v1/models", as: .key(bot.key))
            let one = try await bot.ask("GET", "/v1/models/fake/embed", as: .key(bot.key))
            #expect(list.text.contains(#""fake/embed""#) && one.status == 200)
        }
        try await withBot { bot in
            let answer = try await Self.embed(bot, #""input":"a""#)
            #expect(answer.status == 400 && answer.text.contains("models.embeddings"))
        }
    }

    @Loop @Test func `the same model at another provider is asked after a failure`() async throws {
        let setup = Setup { settings in
            settings.embeddingModels = [
                .init(provider: "dead", model: "embed"), .init(provider: "fake", model: "embed"),
                .init(provider: "fake", model: "other"),
            ]
        }
        try await withBot(setup) { bot in
            let answer = try await Self.embed(bot, #""input":"a""#, model: "embed")
            #expect(answer.object?.string("model") == "fake/embed")
            let one = try await Self.embed(bot, #""input":"a""#, model: "dead/embed")
            #expect(one.status == 502)
        }
    }

    @Loop @Test func `a quota, a suspension and a bad key are refused`() async throws {
        let poor = Self.embedding("embed") { $0.quotas.tokensPerDay = 1 }
        try await withBot(poor) { bot in
            let answer = try await Self.embed(bot, #""input":"abcdefgh""#)
            #expect(answer.status == 429)
            #expect(answer.error?.string("code") == "insufficient_quota")
            let stranger = try await Self.embed(bot, #""input":"a""#, key: "berth-wrong")
            #expect(stranger.status == 401)
            try await bot.bot.set(.suspended, of: bot.ann)
            let suspended = try await Self.embed(bot, #""input":"a""#)
            #expect(suspended.status == 403)
        }
    }

    @Loop @Test func `an answer that does not fit into the memory is not bought`() async throws {
        let small = Self.embedding("embed") { $0.quotas.memory = .mebibytes(1) }
        try await withBot(small) { bot in
            let many = repeatElement(#""a""#, count: 500).joined(separator: ",")
            let answer = try await Self.embed(bot, #""input":[\#(many)]"#)
            #expect(answer.status == 400 && answer.error?.string("param") == "input")
            #expect(answer.text.contains("send at most "))
            #expect(try await bot.used().requests == 0)
            // The size of this model's vectors is known now.
            #expect(try await Self.embed(bot, #""input":"a""#).status == 200)
            #expect(try await Self.embed(bot, #""input":[\#(many)]"#).status == 200)
            let held = bot.ann.account.held
            #expect(held == .zero)
        }
    }

    @Loop
    @Test(arguments: [
        ("api_base", #""http://x""#), ("fallbacks", #"["m"]"#), ("service_tier", #""flex""#),
    ])
    func `a member that reroutes or costs needs a permission`(
        name: String,
        value: String
    ) async throws {
        try await withBot(Self.embedding("embed")) { bot in
            let answer = try await Self.embed(bot, #""input":"a","\#(name)":\#(value)"#)
            #expect(answer.status == 400 && answer.error?.string("param") == name)
            #expect(answer.text.contains("models.embeddings[].pass"))
        }
        let permitted = Self.embedding("embed") { $0.embeddingModels[0].pass = [name] }
        try await withBot(permitted) { bot in
            let answer = try await Self.embed(bot, #""input":"a","\#(name)":\#(value)"#)
            #expect(answer.status == 200)
        }
    }

    @Loop @Test func `a client that leaves ends the call`() async throws {
        try await withBot(Setup { $0.embeddingModels = [.init(provider: "hand", model: "e")] }) {
            bot in
            let pool = TaskPool()
            pool.spawn { _ = try? await Self.embed(bot, #""input":"a""#, model: "e") }
            let call = try await bot.hand.call()
            pool.cancelAll()
            try await call.gone()
            await pool.drain()
            #expect(await eventually { bot.ann.account.held == .zero })
        }
    }
}
