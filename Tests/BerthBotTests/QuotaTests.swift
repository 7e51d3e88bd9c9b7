import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct QuotaTests {
    @Loop @Test func `a turn over the quota is refused before anything is written or asked`()
        async throws
    {
        try await withBot(Setup { $0.quotas.requestsPerDay = 1 }) { bot in
            let session = try await bot.session()
            try await bot.exchange("one", "yes", in: session)
            let refusal = await bot.failure { _ = try await bot.ask("two", in: session) }
            #expect(refusal?.name == "overQuota")
            #expect(try await bot.history(session).map(\.text) == ["one"])
            let used = try await bot.used()
            #expect((used.requests, used.reservedTokens) == (1, 0))
            let received = bot.hand.received
            #expect(received == 1)
            // The conversation is not busy afterwards.
            let again = await bot.failure { _ = try await bot.ask("two", in: session) }
            #expect(again?.name == "overQuota")
        }
    }

    @Loop @Test func `the wait that a refusal names is true, to the second`() async throws {
        try await withBot(Setup { $0.quotas.requestsPerDay = 1 }) { bot in
            let (model, request) = (bot.bot.models.choices[0], try bot.request())
            let ask: @Loop () async throws -> Void = {
                _ = try await bot.stream(request, [model])
            }
            bot.clock.advance(by: .milliseconds(12_345_678))
            let pool = TaskPool()
            pool.spawn { try? await ask() }
            let call = try await bot.hand.call()
            let refusal = await bot.failure(of: ask)
            guard case .overQuota(let why, let wait) = refusal else {
                Issue.record("\(String(describing: refusal))")
                return
            }
            let now = bot.clock.timestamp
            #expect(now + wait == now.endOfDay)
            #expect(why.description.contains("1 of 1"))
            bot.clock.advance(by: wait + .milliseconds(-1))
            #expect(await bot.failure(of: ask)?.name == "overQuota")
            bot.clock.advance(by: .milliseconds(1))
            pool.spawn { try? await ask() }
            _ = try await bot.hand.call()
            withExtendedLifetime(call) {}
        }
    }

    @Loop @Test func `a cached answer takes the place of its turn's reservation`() async throws {
        let setup = Setup { settings in
            settings.quotas.requestsPerDay = 2
            settings.cache.scope = .safe
            settings.chatModels.removeAll { $0.provider != "hand" }
        }
        try await withBot(setup) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let session = try await bot.session(of: bob)
            try await bot.exchange("What is a berth?", "A bed.", in: session, by: bob)
            try await bot.exchange("And a bed?", "A berth.", in: try await bot.session())
            // The second request is the day's last.
            let turn = try await bot.bot.turns.begin(
                "What is a berth?",
                in: try await bot.session(),
                by: bot.ann
            )
            let (text, outcome) = try await turn.ended()
            #expect(text == "A bed." && outcome.end == .done)
            #expect(try await bot.used().requests == 2)
            let book = bot.bot.meter.usage(bot.ann)
            #expect(book.requests == 2)
        }
    }

    @Loop @Test func `however many race, the quota is never passed`() async throws {
        try await withBot(Setup { $0.quotas.requestsPerDay = 7 }) { bot in
            let model = try #require(bot.bot.models.find("fake/plain"))
            let request = try bot.request()
            let outcomes = Mailbox<String>()
            let pool = TaskPool()
            for _ in 0..<25 {
                pool.spawn {
                    let refusal = await bot.failure {
                        _ = try await bot.complete(request, [model])
                    }
                    outcomes.put(refusal?.name ?? "done")
                }
            }
            var all: [String] = []
            for _ in 0..<25 { all.append(try await outcomes.next("an answer to each")) }
            #expect(all.filter { $0 == "done" }.count == 7)
            #expect(all.filter { $0 == "overQuota" }.count == 18)
            #expect(try await bot.used().requests == 7)
        }
    }

    @Loop @Test func `tokens are reserved at their worst and settled at what they were`()
        async throws
    {
        try await withBot(Setup { $0.quotas.tokensPerDay = 2000 }) { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            let held = try await bot.used().reservedTokens
            #expect(held > 1000 && held < 1100)
            let (model, request) = (bot.bot.models.choices[0], try bot.request())
            let refusal = await bot.failure {
                _ = try await bot.complete(request, [model])
            }
            #expect(refusal?.name == "overQuota")
            call.say("hello")
            call.finish(usage: TokenUsage(input: 11, output: 22, isEstimated: false))
            _ = try await turn.ended()
            let used = try await bot.used()
            #expect((used.inputTokens, used.outputTokens, used.reservedTokens) == (11, 22, 0))
            #expect(used.micros == 11 * 1 + 22 * 2)
        }
    }

    @Loop @Test func `what the provider never began costs nothing`() async throws {
        try await withBot { bot in
            for name in ["dead/d", "fake/429", "fake/401", "fake/500", "fake/too-long"] {
                let model = try #require(bot.bot.models.find(name))
                let request = try bot.request()
                let refusal = await bot.failure {
                    _ = try await bot.complete(request, [model])
                }
                #expect(refusal?.name == "provider", "\(name)")
                bot.clock.advance(by: .seconds(60))
                let streamed = await bot.failure {
                    _ = try await bot.stream(request, [model])
                }
                #expect(streamed?.name == "provider", "\(name)")
                bot.clock.advance(by: .seconds(60))  // the pauses of refused calls are over
            }
            let used = try await bot.used()
            #expect((used.requests, used.tokens, used.micros) == (0, 0, 0))
            let text = bot.metrics.text
            #expect(text.contains(#"berth_api_calls_total{outcome="failed"} 10"#))
        }
    }

    @Loop @Test func `a stream whose reader leaves is ended and settled`() async throws {
        try await withBot { bot in
            let (model, request) = (bot.bot.models.choices[0], try bot.request())
            let streams = Mailbox<any AnswerStream>()
            let pool = TaskPool()
            pool.spawn {
                guard let stream = try? await bot.stream(request, [model]) else {
                    return
                }
                streams.put(stream)
            }
            let call = try await bot.hand.call()
            call.say("twelve bytes")
            let stream = try await streams.next("the stream")
            _ = try await stream.next()
            stream.finish()
            try await call.gone()
            let used = try await bot.used()
            #expect(used.outputTokens == 3 && used.inputTokens > 0 && used.reservedTokens == 0)
        }
    }

    @Loop @Test func `a stream that nobody reads is ended and settled all the same`() async throws {
        try await withBot { bot in
            let (model, request) = (bot.bot.models.choices[0], try bot.request())
            let begun = Mailbox<Bool>()
            let pool = TaskPool()
            pool.spawn {
                let stream = try? await bot.stream(request, [model])
                begun.put(stream != nil)
            }
            let call = try await bot.hand.call()
            call.say("hi")
            #expect(try await begun.next("the stream"))
            try await call.gone()
            let used = try await bot.used()
            #expect(used.requests == 1 && used.reservedTokens == 0 && used.inputTokens > 0)
        }
    }

    @Loop @Test func `tool calls that were not paid for are counted when the reader leaves`()
        async throws
    {
        try await withBot { bot in
            let (model, request) = (bot.bot.models.choices[0], try bot.request())
            let streams = Mailbox<any AnswerStream>()
            let pool = TaskPool()
            pool.spawn {
                guard let stream = try? await bot.stream(request, [model]) else {
                    return
                }
                streams.put(stream)
            }
            let call = try await bot.hand.call()
            let tool = #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}]}"#
            for _ in 0..<5 { call.send(SSE.event(Array(tool.utf8))) }
            let stream = try await streams.next("the stream")
            for _ in 0..<5 { _ = try await stream.next() }
            stream.finish()
            #expect(try await bot.used().outputTokens >= 5)
        }
    }

    @Loop @Test func `usage is estimated, and said to be, where the provider does not count`()
        async throws
    {
        try await withBot { bot in
            let session = try await bot.session()
            let (turn, call) = try await bot.ask("hello", in: session)
            call.say("twelve bytes")
            call.finish(usage: nil)
            let outcome = try await turn.ended().outcome
            #expect(outcome.end == .done && outcome.isEstimated && outcome.outputTokens >= 3)
            #expect(try await bot.used().outputTokens == outcome.outputTokens)
        }
    }
}
