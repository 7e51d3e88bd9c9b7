import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthWork
import Testing

/// The models of `models.chat` in order, of which one fails before its first token.
@Suite(.loop, .timeLimit(.minutes(20))) struct FallbackTests {
    private static nonisolated func setup(_ models: String...) -> Setup {
        Setup { settings in
            settings.chatModels = models.compactMap { name in
                settings.chatModels.first { "\($0.provider)/\($0.model)" == name }
            }
        }
    }

    /// The answer's text and its model, streamed or whole.
    @Loop private func ask(
        _ bot: BotFixture,
        _ name: String,
        isStream: Bool
    ) async throws -> (String, String) {
        let (request, models) = (try bot.request(), bot.bot.models.candidates(name))
        guard isStream else {
            let answer = try await bot.complete(request, models)
            return (answer.text, answer.model)
        }
        let stream = try await bot.stream(request, models)
        var text = ""
        while let chunk = try await stream.next() { text += chunk.text }
        return (text, stream.modelID)
    }

    @Loop
    @Test(
        arguments: ["dead/d", "fake/500", "fake/429", "fake/401", "fake/bad-json"],
        [true, false]
    )
    func `the next model answers for one that fails`(first: String, isStream: Bool) async throws {
        try await withBot(FallbackTests.setup(first, "spare/plain")) { bot in
            let (text, model) = try await ask(bot, "berth", isStream: isStream)
            #expect(text.hasPrefix("token1"))
            #expect(model == "spare/plain")
        }
    }

    @Loop @Test func `only what was bought is charged, and nothing stays reserved`() async throws {
        try await withBot(FallbackTests.setup("dead/d", "fake/500", "spare/plain")) { bot in
            _ = try await ask(bot, "berth", isStream: true)
            await bot.bot.meter.drain()
            let used = try await bot.used()
            #expect(used.requests == 1 && used.reservedTokens == 0)
            #expect(used.outputTokens == 5)
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a refused request is refused by the first that is asked`(isStream: Bool) async throws {
        try await withBot(FallbackTests.setup("fake/too-long", "spare/plain")) { bot in
            let failure = await bot.failure { _ = try await ask(bot, "berth", isStream: isStream) }
            #expect(failure?.name == "provider")
        }
    }

    @Loop @Test func `an answer that has begun is not begun again`() async throws {
        try await withBot(FallbackTests.setup("fake/cut-event", "spare/plain")) { bot in
            let failure = await bot.failure { _ = try await ask(bot, "berth", isStream: true) }
            #expect(failure?.name == "provider")
        }
    }

    @Loop @Test func `a model that is named is asked alone`() async throws {
        try await withBot(FallbackTests.setup("fake/500", "spare/plain")) { bot in
            let failure = await bot.failure { _ = try await ask(bot, "fake/500", isStream: false) }
            #expect(failure?.name == "provider")
        }
    }

    @Loop @Test func `the last one's failure is told when all fail`() async throws {
        try await withBot(FallbackTests.setup("fake/500", "dead/d")) { bot in
            let failure = await bot.failure { _ = try await ask(bot, "berth", isStream: true) }
            #expect(failure.map { "\($0)" }?.contains("'dead'") == true)
        }
    }

    @Loop @Test func `a turn is answered by the next model, and says by which`() async throws {
        try await withBot(FallbackTests.setup("dead/d", "spare/plain")) { bot in
            let session = try await bot.session()
            let turn = try await bot.bot.turns.begin("hello", in: session, by: bot.ann)
            let (text, end) = try await turn.ended()
            #expect(text.hasPrefix("token1") && end.end == .done)
            let history = try await bot.history(session)
            #expect(history.map(\.model) == ["spare/plain"])
            await bot.bot.meter.drain()
            #expect(try await bot.used().requests == 1)
        }
    }

    /// Streams without a word or without a reason for their end.
    private static let wordless = [
        "data: [DONE]\n\n",
        #"data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]}"#
            + "\n\ndata: [DONE]\n\n",
        #"data: {"choices":[{"index":0,"delta":{"content":null},"finish_reason":null}]}"# + "\n\n",
        #"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":0}}"#
            + "\n\ndata: [DONE]\n\n",
        "",
    ]

    @Loop @Test(arguments: wordless, [true, false])
    func `the next model answers for one that says nothing`(
        body: String,
        isStream: Bool
    ) async throws {
        try await withBot(FallbackTests.setup("hand/m", "spare/plain")) { bot in
            let pool = TaskPool()
            pool.spawn {
                guard let call = try? await bot.hand.call() else { return }
                call.send(Array(body.utf8))
                call.end()
            }
            let (text, model) = try await ask(bot, "berth", isStream: isStream)
            #expect(text.hasPrefix("token1") && model == "spare/plain")
            await bot.bot.meter.drain()
            // Both have been bought.
            #expect(try await bot.used().requests == 2)
        }
    }

    @Loop @Test func `an answer without a word may be what stop sequences leave of it`()
        async throws
    {
        try await withBot(FallbackTests.setup("hand/m", "spare/plain")) { bot in
            let pool = TaskPool()
            pool.spawn {
                guard let call = try? await bot.hand.call() else { return }
                call.finish()
            }
            let request = try bot.request(more: #","stop":["x"]"#)
            let stream = try await bot.stream(request, bot.bot.models.candidates("berth"))
            var text = ""
            while let chunk = try await stream.next() { text += chunk.text }
            #expect(text == "" && stream.modelID == "hand/m")
            let counted = bot.metrics.text
            #expect(counted.contains(#"berth_api_calls_total{outcome="done"} 1"#))
        }
    }
}
