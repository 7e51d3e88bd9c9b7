import BerthHTTP
import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTestKit
import BerthText
import Testing

@testable import BerthProviders

/// The translation of Anthropic's answers to OpenAI's format, byte by byte.
@Suite(.loop, .timeLimit(.minutes(20))) struct AnthropicAnswerTests {
    private static let tools =
        #","tools":[{"type":"function","function":{"name":"weather"}},{"type":"function","function":{"name":"time"}}]"#

    @Loop @Test func `tool calls are streamed by their index, in fragments`() async throws {
        let asker = Asker()
        try await withAnthropic { url, _ in
            let call = try asker.call("tool", more: AnthropicAnswerTests.tools)
            let stream = try await asker.anthropic(url).stream(call)
            var deltas: [String] = []
            while let piece = try await stream.next() {
                switch piece {
                case .text(let text): deltas.append("text: \(text)")
                case .toolCall(let raw):
                    let choice = raw.chunk.elements("choices")?.first
                    let delta = choice.flatMap { raw.chunk.object(at: $0)?.value("delta") }
                    deltas.append(String(decoding: delta ?? [], as: UTF8.self))
                case .finish(let reason): deltas.append("finish: \(reason)")
                case .usage: deltas.append("usage")
                case .raw, .whole: deltas.append("unexpected")
                }
            }
            #expect(
                deltas == [
                    "usage", "text: Looking. ",
                    #"{"tool_calls":[{"index":0,"id":"toolu_0","type":"function","function":{"name":"weather","arguments":""}}]}"#,
                    #"{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\": \"Pa"}}]}"#,
                    #"{"tool_calls":[{"index":0,"function":{"arguments":"ris\"}"}}]}"#,
                    #"{"tool_calls":[{"index":1,"id":"toolu_1","type":"function","function":{"name":"time","arguments":""}}]}"#,
                    #"{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}"#,
                    "finish: tool_calls", "usage",
                ]
            )
        }
    }

    @Loop @Test func `tool calls are whole in a whole answer`() async throws {
        let asker = Asker()
        try await withAnthropic { url, _ in
            let call = try asker.call("tool", more: AnthropicAnswerTests.tools)
            let answer = try await asker.anthropic(url).complete(call)
            #expect(
                String(decoding: answer.object.bytes, as: UTF8.self)
                    == #"{"id":"","object":"chat.completion","created":0,"model":"","choices":[{"index":0,"message":{"role":"assistant","content":"Looking. ","refusal":null,"tool_calls":[{"id":"toolu_0","type":"function","function":{"name":"weather","arguments":"{\"city\": \"Paris\"}"}},{"id":"toolu_1","type":"function","function":{"name":"time","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#
            )
            let held = call.account.held.bytes
            #expect(held == 2 * answer.object.bytes.count)
        }
    }

    @Test(arguments: [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("pause_turn", "stop"),
        ("max_tokens", "length"), ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"), ("refusal", "content_filter"), ("new", "stop"),
    ])
    func `each reason to stop has one of OpenAI's`(reason: String, finish: String) {
        #expect(AnthropicWire.finish(reason) == finish)
    }

    /// Streams events given by their data.
    ///
    /// An event's name is the type in its data.
    private func told(_ events: [String]) async throws -> Told {
        let asker = await Asker()
        var told = Told()
        let body = events.map { "data: \($0)\n\n" }.joined()
        try await withAnswer("200 OK\r\nContent-Type: text/event-stream", body) { url, _ in
            told = await asker.stream(try asker.anthropic(url), try asker.call())
        }
        return told
    }

    private static let start =
        #"{"type":"message_start","message":{"content":[],"usage":{"input_tokens":9,"output_tokens":7}}}"#
    private static let text =
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hé\n"}}"#
    private static let stop = #"{"type":"message_stop"}"#

    private static func delta(_ usage: String) -> String {
        #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":\#(usage)}"#
    }

    @Loop
    @Test(
        arguments: [
            (#"{"output_tokens":2}"#, 9, 2, [0, 0, 0]),
            (
                #"{"input_tokens":5,"cache_read_input_tokens":30,"output_tokens":2}"#, 35, 2,
                [30, 0, 0]
            ),
            (#"{"input_tokens":null,"output_tokens":2}"#, 9, 2, [0, 0, 0]),
            (#"{"output_tokens":-2}"#, 9, 0, [0, 0, 0]),
            (
                #"{"input_tokens":9223372036854775807,"cache_read_input_tokens":9223372036854775807,"output_tokens":2}"#,
                100_000_000, 2, [100_000_000, 0, 0]
            ),
            (
                #"{"input_tokens":5,"cache_creation_input_tokens":40,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":30},"output_tokens":2}"#,
                45, 2, [0, 40, 30]
            ),
        ] as [(String, Int, Int, [Int])]
    )
    func `the last usage replaces what came before`(
        usage: String,
        input: Int,
        output: Int,
        cached: [Int]
    ) async throws {
        let told = try await told([
            Self.start, Self.text, Self.delta(#"{"output_tokens":1}"#), Self.delta(usage),
            Self.stop,
        ])
        let expected = TokenUsage(
            input: input,
            output: output,
            isEstimated: false,
            cached: CachedTokens(read: cached[0], written: cached[1], writtenForHour: cached[2])
        )
        #expect(told == Told(text: "Hé\n", finish: "stop", usage: expected))
    }

    /// The prompt's tokens, which come before the answer's.
    private static let prompt = TokenUsage(input: 9, output: 0, isEstimated: false)

    @Loop @Test func `a provisional count of the answer is none`() async throws {
        let told = try await told([
            Self.start, Self.text, #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#,
            Self.stop,
        ])
        #expect(told == Told(text: "Hé\n", finish: "stop", usage: Self.prompt))
    }

    private static let odd: [([String], Told)] = [
        ([], Told(error: .cut(provider: "fake"))), ([stop], Told(error: .cut(provider: "fake"))),
        (
            [start, text],
            Told(text: "Hé\n", usage: prompt, error: .cut(provider: "fake"))
        ),
        // The last event is not needed after the reason.
        ([start, text, delta("{}")], Told(text: "Hé\n", finish: "stop", usage: prompt)),
        (
            [start, #"{"type":"error"}"#],
            Told(
                usage: prompt,
                error: .failedMidway(provider: "fake", message: "no reason")
            )
        ),
        (
            [
                #"{"type":"error","error":{"type":"api_error","message":"see sk-test-0123456789"}}"#
            ],
            Told(error: .failedMidway(provider: "fake", message: "see ***"))
        ),
        (
            [
                start, #"{"type":"content_block_delta"}"#, #"{"type":"content_block_start"}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":1234}}"#,
                #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":1,"name":"n"}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":7}}"#,
                #"{"type":"content_block_stop","index":3}"#, #"{"no":"type"}"#, "{}", text,
                delta(#"{"output_tokens":1}"#), stop,
            ],
            Told(
                text: "Hé\n",
                finish: "stop",
                usage: TokenUsage(input: 9, output: 1, isEstimated: false)
            )
        ),
    ]

    @Loop @Test func `text at a block's start counts, too many calls do not`() async throws {
        let begin = #"{"type":"content_block_start","index":0,"content_block":"#
        let text = try await told([
            Self.start, begin + #"{"type":"text","text":"a"}}"#, Self.text, Self.delta("{}"),
            Self.stop,
        ])
        #expect(text == Told(text: "aHé\n", finish: "stop", usage: Self.prompt))
        let call = begin + #"{"type":"tool_use","id":"i","name":"n"}}"#
        let calls = try await told([String](repeating: call, count: 1025))
        let reason = "it calls too many tools"
        #expect(calls == Told(error: .malformed(provider: "fake", reason: reason)))
    }

    @Loop @Test(arguments: odd)
    func `an odd stream is read, or ends with its error`(events: [String], expected: Told)
        async throws
    {
        let told = try await told(events)
        #expect(told == expected)
    }

    @Loop
    @Test(arguments: [
        "{}", "[]", #"{"content":[]}"#, #"{"content":"text","stop_reason":"end_turn"}"#,
    ])
    func `an answer that is no message is malformed`(body: String) async throws {
        let asker = Asker()
        try await withAnswer("200 OK\r\nContent-Type: application/json", body) { url, _ in
            let told = await asker.complete(try asker.anthropic(url), try asker.call())
            guard case .malformed = told.error else {
                Issue.record("\(told)")
                return
            }
        }
    }

    @Loop @Test func `an answer without a word has failed, its texts are one`() async throws {
        let asker = Asker()
        for (blocks, text) in [
            ("", ""), (#"{"type":"text","text":"a\""},7,{"type":"text","text":"é"}"#, "a\"é"),
            (#"{"type":"tool_use","id":7,"name":"n","input":{}}"#, ""),
        ] {
            let body = #"{"content":[\#(blocks)],"stop_reason":"end_turn","usage":{}}"#
            try await withAnswer("200 OK", body) { url, _ in
                let told = await asker.complete(try asker.anthropic(url), try asker.call())
                let empty = Told(error: .wordless(provider: "fake", finish: "stop"))
                #expect(told == (text.isEmpty ? empty : Told(text: text, finish: "stop")))
            }
        }
    }
}
