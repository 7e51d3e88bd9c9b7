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
@Suite(.loop, .timeLimit(.minutes(20))) struct UsageSettlementTests {
    static let body =
        #"{"model":"hand/m","messages":[{"role":"user","content":"hi"}],"stream":STREAM,"stream_options":{"include_usage":true}}"#

    static func usage(_ input: Int, _ output: Int, _ more: String = "") -> String {
        #"{"prompt_tokens":\#(input),"completion_tokens":\#(output),"total_tokens":\#(input + output)\#(more)}"#
    }

    static func chunk(_ text: String?, end: String = "null", usage: String = "null")
        -> String
    {
        let delta = text.map { #"{"content":"\#($0)"}"# } ?? "{}"
        return
            #"{"choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(end)}],"usage":\#(usage)}"#
    }

    static func last(_ usage: String) -> String { #"{"choices":[],"usage":\#(usage)}"# }

    static let stop = chunk(nil, end: #""stop""#)
    /// Eight tokens by the estimate.
    static let words = "thirty-two bytes of some answer."

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

    @Loop @Test(arguments: streams)
    func `a usage counts wherever and however often it comes`(stream: Stream) async throws {
        try await withBot { bot in
            let answer = try await bot.answered(streamed: true) { call in
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
            _ = try await bot.answered(streamed: false) { call in
                let choice = #"{"index":0,"message":{\#(message)},"finish_reason":"stop"}"#
                let whole = #"{"choices":[\#(choice)],"usage":\#(usage)}"#
                call.answer(.json(Array(whole.utf8)))
            }
            let used = try await bot.used()
            #expect((used.inputTokens, used.outputTokens) == (input, output))
            #expect(used.estimated == (isEstimated ? 1 : 0))
        }
    }
}

extension BotFixture {
    /// Asks for an answer, whole or streamed, which `answer` gives as the provider.
    func answered(
        streamed: Bool,
        _ answer: @escaping @Loop @Sendable (HandCall) -> Void
    ) async throws -> Answer {
        let pool = TaskPool()
        pool.spawn { if let call = try? await self.hand.call() { answer(call) } }
        return try await chat(
            UsageSettlementTests.body.replacing("STREAM", with: "\(streamed)")
        )
    }
}
