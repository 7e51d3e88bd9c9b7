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

/// The tokens and the money that a call is charged, however its provider counts.
@Suite(.loop, .timeLimit(.minutes(5))) struct UsageSettlementTests {
    private static let body =
        #"{"model":"hand/m","messages":[{"role":"user","content":"hi"}],"stream":STREAM,"stream_options":{"include_usage":true}}"#

    private static func usage(_ input: Int, _ output: Int, _ more: String = "") -> String {
        #"{"prompt_tokens":\#(input),"completion_tokens":\#(output),"total_tokens":\#(input + output)\#(more)}"#
    }

    private static func chunk(_ text: String?, end: String = "null", usage: String = "null")
        -> String
    {
        let delta = text.map { #"{"content":"\#($0)"}"# } ?? "{}"
        return
            #"{"choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(end)}],"usage":\#(usage)}"#
    }

    private static func last(_ usage: String) -> String { #"{"choices":[],"usage":\#(usage)}"# }

    private static let stop = chunk(nil, end: #""stop""#)
    /// Eight tokens by the estimate.
    private static let words = "thirty-two bytes of some answer."

    /// The chunks of a stream, and the tokens that are charged.
    struct Stream: Sendable, CustomTestStringConvertible {
        let what: String
        let chunks: [String]
        let input: Int
        let output: Int
        var cached = 0
        var isEstimated = false
        var testDescription: String { what }
    }

    /// The estimated tokens of the prompt.
    private static let prompt = 12

    private static let streams = [
        Stream(
            what: "after the finish reason",
            chunks: [chunk(words), stop, last(usage(31, 17)), "[DONE]"],
            input: 31,
            output: 17
        ),
        Stream(
            what: "with the finish reason",
            chunks: [chunk(words), chunk(nil, end: #""stop""#, usage: usage(31, 17)), "[DONE]"],
            input: 31,
            output: 17
        ),
        Stream(
            what: "at an end without [DONE]",
            chunks: [chunk(words), stop, last(usage(31, 17))],
            input: 31,
            output: 17
        ),
        Stream(
            what: "in the choice",
            chunks: [
                chunk(words),
                #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":\#(usage(31, 17))}]}"#,
            ],
            input: 31,
            output: 17
        ),
        Stream(
            what: "twice",
            chunks: [
                chunk(words), chunk(nil, end: #""stop""#, usage: usage(31, 17)),
                last(usage(31, 17)), "[DONE]",
            ],
            input: 31,
            output: 17
        ),
        Stream(
            what: "growing",
            chunks: [
                chunk("a", usage: usage(31, 1)), chunk("b", usage: usage(31, 2)),
                chunk(nil, end: #""stop""#, usage: usage(31, 17)), "[DONE]",
            ],
            input: 31,
            output: 17
        ),
        Stream(
            what: "growing, and zeros at the end",
            chunks: [
                chunk("a", usage: usage(31, 1)), chunk("b", usage: usage(31, 17)), stop,
                last(usage(0, 0)), "[DONE]",
            ],
            input: 31,
            output: 17
        ),
        Stream(
            what: "the prompt first, the answer last",
            chunks: [
                chunk(words, usage: #"{"prompt_tokens":31}"#), stop,
                last(#"{"completion_tokens":17}"#), "[DONE]",
            ],
            input: 31,
            output: 17
        ),
        Stream(
            what: "cached tokens, and then none said",
            chunks: [
                chunk(words), stop,
                last(usage(40, 17, #","prompt_tokens_details":{"cached_tokens":30}"#)),
                last(usage(40, 17)), "[DONE]",
            ],
            input: 40,
            output: 17,
            cached: 30
        ),
        Stream(
            what: "none",
            chunks: [chunk(words), stop, "[DONE]"],
            input: prompt,
            output: 8,
            isEstimated: true
        ),
        Stream(
            what: "zeros",
            chunks: [chunk(words), stop, last(usage(0, 0)), "[DONE]"],
            input: prompt,
            output: 8,
            isEstimated: true
        ),
        Stream(
            what: "the prompt alone",
            chunks: [chunk(words, usage: #"{"prompt_tokens":31}"#), stop, "[DONE]"],
            input: 31,
            output: 8,
            isEstimated: true
        ),
        Stream(
            what: "no more after the first words",
            chunks: [chunk("a", usage: usage(31, 1)), chunk(words), stop, "[DONE]"],
            input: 31,
            output: 9,
            isEstimated: true
        ),
        Stream(
            what: "growing, and then cut",
            chunks: [chunk("a", usage: usage(31, 1)), chunk(words)],
            input: 31,
            output: 9,
            isEstimated: true
        ),
        Stream(
            what: "a whole tool call in one chunk",
            chunks: [
                #"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"note","arguments":"{\"a\":\"\#(words)\"}"}}]},"finish_reason":null}]}"#,
                chunk(nil, end: #""tool_calls""#), "[DONE]",
            ],
            input: prompt,
            output: 12,
            isEstimated: true
        ),
        Stream(
            what: "none, with reasoning",
            chunks: [
                #"{"choices":[{"index":0,"delta":{"reasoning_content":"\#(words)"},"finish_reason":null}]}"#,
                chunk(words), stop, "[DONE]",
            ],
            input: prompt,
            output: 16,
            isEstimated: true
        ),
    ]

    /// Has the provider answer one call.
    @Loop private func ask(
        _ bot: BotFixture,
        streamed: Bool,
        _ answer: @escaping @Loop @Sendable (HandCall) -> Void
    ) async throws -> Answer {
        let pool = TaskPool()
        pool.spawn { if let call = try? await bot.hand.call() { answer(call) } }
        return try await bot.chat(Self.body.replacing("STREAM", with: "\(streamed)"))
    }

    @Loop @Test(arguments: streams)
    func `a usage counts wherever and however often it comes`(stream: Stream) async throws {
        try await withBot { bot in
            let answer = try await ask(bot, streamed: true) { call in
                for chunk in stream.chunks { call.send(SSE.event(Array(chunk.utf8))) }
                call.end()
            }
            let used = try await bot.used()
            #expect((used.inputTokens, used.outputTokens) == (stream.input, stream.output))
            #expect(used.cachedTokens == stream.cached)
            #expect(used.estimated == (stream.isEstimated ? 1 : 0))
            // The fixture's prices are 1 and 2 dollars a million.
            let full = stream.input - stream.cached
            #expect(used.micros == full + stream.cached / 2 + 2 * stream.output)
            guard stream.what != "growing, and then cut" else { return }
            var told: JSONObject?
            var parser = SSEParser()
            for event in try parser.feed(answer.bytes) {
                if let usage = event.object?.object("usage") { told = usage }
            }
            #expect(told?.integer("completion_tokens") == stream.output || !stream.isEstimated)
        }
    }

    private static let wholes: [(String, String, Int, Int, Bool)] = [
        (#""content":"\#(words)""#, usage(31, 17), 31, 17, false),
        (#""content":"\#(words)""#, "null", prompt, 8, true),
        (#""content":"\#(words)""#, usage(0, 0), prompt, 8, true),
        (#""content":"\#(words)""#, #"{"prompt_tokens":31}"#, 31, 8, true),
        (
            #""content":"\#(words)","reasoning_content":"\#(words)""#, "null", prompt, 16, true
        ),
        (
            #""content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"note","arguments":"{\"a\":\"\#(words)\"}"}}]"#,
            "null", prompt, 12, true
        ),
    ]

    @Loop @Test(arguments: wholes)
    func `a whole answer's usage is charged, or estimated and marked`(
        row: (String, String, Int, Int, Bool)
    ) async throws {
        let (message, usage, input, output, isEstimated) = row
        try await withBot { bot in
            _ = try await ask(bot, streamed: false) { call in
                let choice = #"{"index":0,"message":{\#(message)},"finish_reason":"stop"}"#
                let whole = #"{"choices":[\#(choice)],"usage":\#(usage)}"#
                call.answer(.json(Array(whole.utf8)))
            }
            let used = try await bot.used()
            #expect((used.inputTokens, used.outputTokens) == (input, output))
            #expect(used.estimated == (isEstimated ? 1 : 0))
        }
    }

    // MARK: The provider's cache

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
            let usage = Self.usage(10_000, 300, more)
            let answer = try await ask(bot, streamed: streamed) { call in
                guard streamed else {
                    let choice =
                        #"{"index":0,"message":{"content":"well"},"finish_reason":"stop"}"#
                    let whole = #"{"choices":[\#(choice)],"usage":\#(usage)}"#
                    return call.answer(.json(Array(whole.utf8)))
                }
                for chunk in [Self.chunk("well"), Self.stop, Self.last(usage), "[DONE]"] {
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
            let answer = try await ask(bot, streamed: streamed) { call in
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
                let body = Self.body.replacing("STREAM", with: "true")
                if let stream = try? await bot.stream(body) { reader.put(stream) }
            }
            let call = try await bot.hand.call()
            for event in [
                #"{"type":"message_start","message":{"content":[],"usage":{"input_tokens":900,"output_tokens":1}}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(Self.words)"}}"#,
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
            let usage = Self.usage(100, 10, #","prompt_tokens_details":{"cached_tokens":60}"#)
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
