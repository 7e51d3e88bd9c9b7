import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

/// Tokens that a provider reads from its prompt cache or writes into it.
@Suite(.loop, .timeLimit(.minutes(20))) struct PromptCacheTests {
    private static let cached = [
        #","prompt_tokens_details":{"cached_tokens":8000}"#, #","cached_tokens":8000"#,
        #","prompt_cache_hit_tokens":8000,"prompt_cache_miss_tokens":2000"#,
        #","cache_read_input_tokens":8000,"cache_creation_input_tokens":0"#,
    ]

    @Loop
    @Test(arguments: cached, [true, false])
    func `cached tokens have their own price, and the client's usage stays`(
        more: String,
        streamed: Bool
    ) async throws {
        try await withBot(
            Setup { settings in
                let hand = settings.chatModels.firstIndex { $0.provider == "hand" }
                if let hand {
                    settings.chatModels[hand].price?.cachedInput = Money(micros: 100_000)
                }
            }
        ) { bot in
            let usage = UsageSettlementTests.usage(10_000, 300, more)
            let answer = try await bot.answered(streamed: streamed) { call in
                guard streamed else {
                    let choice =
                        #"{"index":0,"message":{"content":"well"},"finish_reason":"stop"}"#
                    let whole = #"{"choices":[\#(choice)],"usage":\#(usage)}"#
                    return call.answer(.json(Array(whole.utf8)))
                }
                for chunk in [
                    UsageSettlementTests.chunk("well"), UsageSettlementTests.stop,
                    UsageSettlementTests.last(usage), "[DONE]",
                ] {
                    call.send(SSE.event(Array(chunk.utf8)))
                }
                call.end()
            }
            #expect(answer.text.contains(usage))
            let used = try await bot.used()
            #expect(used.micros == 2_000 + 800 + 600 && used.cachedTokens == 8_000)
            #expect((used.inputTokens, used.outputTokens, used.estimated) == (10_000, 300, 0))
            let report = try await bot.admin("GET", "/admin/usage?days=1")
            let line = report.object?.elements("usage")?.first
                .flatMap { report.object?.object(at: $0) }
            #expect(line?.integer("cached_tokens") == 8_000 && line?.integer("estimated") == 0)
            let text = bot.metrics.text
            #expect(text.contains(#"berth_cached_tokens_total{access="read"} 8000"#))
        }
    }

    @Loop @Test(arguments: [true, false])
    func `Anthropic's cache is charged and told in OpenAI's form`(streamed: Bool) async throws {
        try await withBot(
            Setup { settings in
                let hand = settings.providers.firstIndex { $0.name == "hand" }
                if let hand { settings.providers[hand].kind = .anthropic }
            }
        ) { bot in
            let said =
                #""input_tokens":14,"cache_creation_input_tokens":300,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"cache_read_input_tokens":7000"#
            let answer = try await bot.answered(streamed: streamed) { call in
                guard streamed else {
                    let message =
                        #"{"type":"message","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn","usage":{\#(said),"output_tokens":10}}"#
                    return call.answer(.json(Array(message.utf8)))
                }
                for event in [
                    #"{"type":"message_start","message":{"content":[],"usage":{\#(said),"output_tokens":1}}}"#,
                    #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ok"}}"#,
                    #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{\#(said),"output_tokens":10}}"#,
                    #"{"type":"message_stop"}"#,
                ] { call.send(SSE.event(Array(event.utf8))) }
                call.end()
            }
            #expect(answer.text.contains(#""prompt_tokens":7314,"completion_tokens":10"#))
            #expect(answer.text.contains(#"{"cached_tokens":7000,"cache_write_tokens":300}"#))
            let used = try await bot.used()
            #expect(
                (used.inputTokens, used.cachedTokens, used.cacheWriteTokens) == (7314, 7000, 300)
            )
            // 14 + 7000 ÷ 2 + 100 × 1¼ + 200 × 2 + 10 × 2
            #expect(used.micros == 14 + 3_500 + 125 + 400 + 20)
        }
    }

    @Loop @Test func `a client that leaves Anthropic early pays for the prompt that was counted`()
        async throws
    {
        try await withBot(
            Setup { settings in
                let hand = settings.providers.firstIndex { $0.name == "hand" }
                if let hand { settings.providers[hand].kind = .anthropic }
            }
        ) { bot in
            let reader = Mailbox<EventReader>()
            let pool = TaskPool()
            pool.spawn {
                let body = UsageSettlementTests.body.replacing("STREAM", with: "true")
                if let stream = try? await bot.stream(body) { reader.put(stream) }
            }
            let call = try await bot.hand.call()
            for event in [
                #"{"type":"message_start","message":{"content":[],"usage":{"input_tokens":900,"output_tokens":1}}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(UsageSettlementTests.words)"}}"#,
            ] { call.send(SSE.event(Array(event.utf8))) }
            let stream = try await reader.next("the answer")
            while let event = try await stream.next(), !event.text.contains("thirty") {}
            stream.leave()
            try await call.gone()
            await settle()
            let used = try await bot.used()
            #expect((used.inputTokens, used.outputTokens, used.estimated) == (900, 8, 1))
        }
    }

    @Loop @Test func `tenants that share a call share its cached tokens`() async throws {
        try await withBot(
            Setup { settings in
                settings.cache.scope = .safe
                settings.chatModels.removeAll { $0.provider != "hand" }
            }
        ) { bot in
            let (bob, _) = try await bot.bot.tenants.add("bob")
            let (pool, told) = (TaskPool(), Mailbox<String>())
            for tenant in [bot.ann, bob] {
                pool.spawn {
                    let models = bot.bot.models.choices
                    guard let request = try? bot.request(),
                        let answer = try? await bot.complete(request, models, tenant)
                    else { return }
                    told.put(answer.text)
                }
            }
            let call = try await bot.hand.call()
            await settle()
            let usage = UsageSettlementTests.usage(
                100,
                10,
                #","prompt_tokens_details":{"cached_tokens":60}"#
            )
            let choice = #"{"index":0,"message":{"content":"well"},"finish_reason":"stop"}"#
            call.answer(.json(Array(#"{"choices":[\#(choice)],"usage":\#(usage)}"#.utf8)))
            for _ in 0..<2 { #expect(try await told.next("an answer") == "well") }
            for tenant in [bot.ann, bob] {
                let used = try await bot.used(tenant)
                #expect((used.inputTokens, used.cachedTokens, used.micros) == (50, 30, 45))
            }
        }
    }

    @Loop @Test func `a prompt that is written to a cache is reserved at the price of that`()
        async throws
    {
        try await withBot(
            Setup { settings in
                let hand = settings.chatModels.firstIndex { $0.provider == "hand" }
                if let hand { settings.chatModels[hand].pass = ["cache_control"] }
            }
        ) { bot in
            var spent: [Int64] = []
            for mark in ["", #","cache_control":{"type":"ephemeral"}"#] {
                let pool = TaskPool()
                let text = String(repeating: "words ", count: 400)
                let part = #"{"type":"text","text":"\#(text)"\#(mark)}"#
                let body =
                    #"{"model":"hand/m","max_tokens":1,"messages":[{"role":"user","content":[\#(part)]}]}"#
                let before = bot.bot.meter.usage(bot.ann).spentMicros
                pool.spawn { _ = try? await bot.chat(body) }
                let call = try await bot.hand.call()
                spent.append(bot.bot.meter.usage(bot.ann).spentMicros - before)
                call.answer(.error(400, "no"))
                await pool.drain()
                _ = try await bot.used()
            }
            #expect(spent[1] > 2 * spent[0] - 10 && spent[0] > 600)
        }
    }
}
