import BerthText
import Testing

@testable import BerthProviders

/// A `usage` object as a vendor sends it, and the tokens that it counts.
struct CountedUsage: Sendable, CustomTestStringConvertible {
    let what: String
    let json: String
    let input: Int
    let output: Int
    let cached: CachedTokens

    init(_ what: String, _ json: String, _ input: Int, _ output: Int, _ cached: [Int] = []) {
        (self.what, self.json, self.input, self.output) = (what, json, input, output)
        let numbers = cached + [Int](repeating: 0, count: 3 - cached.count)
        self.cached = CachedTokens(
            read: numbers[0],
            written: numbers[1],
            writtenForHour: numbers[2]
        )
    }

    var testDescription: String { what }
}

@Suite struct UsageMemberTests {
    private static let cached = [
        CountedUsage(
            "OpenAI, Azure, Groq and Google",
            #"{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":200}}"#,
            2006,
            300,
            [1920]
        ),
        CountedUsage(
            "OpenAI, written",
            #"{"input_tokens":3619,"output_tokens":36,"total_tokens":3655,"input_tokens_details":{"cached_tokens":2921,"cache_write_tokens":600}}"#,
            3619,
            36,
            [2921, 600]
        ),
        CountedUsage(
            "Google, passed on, with a tool's results beside the prompt",
            #"{"promptTokenCount":900,"toolUsePromptTokenCount":100,"candidatesTokenCount":20,"thoughtsTokenCount":80,"totalTokenCount":1100,"cachedContentTokenCount":600}"#,
            1000,
            100,
            [600]
        ),
        CountedUsage(
            "DeepSeek",
            #"{"prompt_tokens":5000,"completion_tokens":200,"total_tokens":5200,"prompt_cache_hit_tokens":4608,"prompt_cache_miss_tokens":392,"prompt_tokens_details":{"cached_tokens":4608}}"#,
            5000,
            200,
            [4608]
        ),
        CountedUsage(
            "xAI",
            #"{"prompt_tokens":1200,"completion_tokens":150,"total_tokens":3450,"prompt_tokens_details":{"text_tokens":1200,"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":2100}}"#,
            1200,
            2250,
            [64]
        ),
        CountedUsage(
            "OpenRouter",
            #"{"prompt_tokens":194,"completion_tokens":2,"total_tokens":196,"prompt_tokens_details":{"cached_tokens":10,"cache_write_tokens":100,"audio_tokens":0}}"#,
            194,
            2,
            [10, 100]
        ),
        CountedUsage(
            "Mistral",
            #"{"prompt_tokens":640,"completion_tokens":7,"total_tokens":647,"prompt_tokens_details":{"cached_tokens":576}}"#,
            640,
            7,
            [576]
        ),
        CountedUsage(
            "Moonshot",
            #"{"prompt_tokens":800,"completion_tokens":7,"total_tokens":807,"cached_tokens":768}"#,
            800,
            7,
            [768]
        ),
        CountedUsage(
            "LiteLLM in front of Anthropic",
            #"{"prompt_tokens":7314,"completion_tokens":10,"total_tokens":7324,"prompt_tokens_details":{"cached_tokens":7000,"cache_creation_tokens":300,"cache_creation_token_details":{"ephemeral_1h_input_tokens":200}},"cache_creation_input_tokens":300,"cache_read_input_tokens":7000}"#,
            7314,
            10,
            [7000, 300, 200]
        ),
        CountedUsage(
            "new-api in front of Anthropic",
            #"{"prompt_tokens":14,"completion_tokens":10,"total_tokens":24,"prompt_tokens_details":{"cached_tokens":7000,"cached_creation_tokens":300},"claude_cache_creation_1_h_tokens":300}"#,
            7314,
            10,
            [7000, 300, 300]
        ),
        CountedUsage(
            "Anthropic's own members",
            #"{"input_tokens":8000,"cache_creation_input_tokens":50,"cache_read_input_tokens":7000,"output_tokens":10}"#,
            15050,
            10,
            [7000, 50]
        ),
        CountedUsage(
            "Model Studio",
            #"{"prompt_tokens":3019,"completion_tokens":104,"total_tokens":3123,"prompt_tokens_details":{"cached_tokens":2048,"cache_creation_input_tokens":512,"cache_creation":{"ephemeral_5m_input_tokens":512}}}"#,
            3019,
            104,
            [2048, 512]
        ),
        CountedUsage(
            "Google's own members",
            #"{"promptTokenCount":100,"candidatesTokenCount":5,"thoughtsTokenCount":40,"totalTokenCount":145,"cachedContentTokenCount":64}"#,
            100,
            45,
            [64]
        ),
    ]

    private static let sums = [
        CountedUsage(
            "a total alone holds the reasoning",
            #"{"prompt_tokens":14,"completion_tokens":3,"total_tokens":517}"#,
            14,
            503
        ),
        CountedUsage(
            "reasoning above the completion without a total",
            #"{"prompt_tokens":14,"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":40}}"#,
            14,
            43
        ),
        CountedUsage(
            "reasoning within the completion without a total",
            #"{"prompt_tokens":14,"completion_tokens":43,"completion_tokens_details":{"reasoning_tokens":40}}"#,
            14,
            43
        ),
        CountedUsage(
            "cached tokens beside the prompt",
            #"{"prompt_tokens":9000,"completion_tokens":10,"total_tokens":16010,"cache_read_input_tokens":7000}"#,
            16000,
            10,
            [7000]
        ),
        CountedUsage(
            "cached tokens and reasoning beside the others",
            #"{"prompt_tokens":9000,"completion_tokens":10,"total_tokens":16510,"prompt_tokens_details":{"cached_tokens":7000},"completion_tokens_details":{"reasoning_tokens":500}}"#,
            16000,
            510,
            [7000]
        ),
        CountedUsage(
            "as much reasoning as cached tokens",
            #"{"prompt_tokens":64,"completion_tokens":10,"total_tokens":138,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":64}}"#,
            64,
            74,
            [64]
        ),
        CountedUsage(
            "a total that is too small",
            #"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":2}"#,
            10,
            5
        ),
        CountedUsage("a missing completion", #"{"prompt_tokens":31,"total_tokens":48}"#, 31, 17),
        CountedUsage("a missing prompt", #"{"completion_tokens":17,"total_tokens":48}"#, 31, 17),
        CountedUsage("a prompt alone", #"{"prompt_tokens":31}"#, 31, 0),
        CountedUsage(
            "fractions and text",
            #"{"prompt_tokens":31.0,"completion_tokens":"17","total_tokens":48.0}"#,
            31,
            17
        ),
        CountedUsage(
            "more cached tokens than prompt, which the total contradicts",
            #"{"prompt_tokens":100,"completion_tokens":1,"total_tokens":101,"prompt_tokens_details":{"cached_tokens":90,"cache_write_tokens":60}}"#,
            100,
            1,
            [40, 60]
        ),
    ]

    @Test(arguments: cached + sums)
    func `tokens are read in every vendor's form`(row: CountedUsage) throws {
        let usage = try JSONObject(Array(row.json.utf8))
        let counted = try #require(OpenAIWire.usage(usage))
        #expect((counted.input, counted.output) == (row.input, row.output))
        #expect(counted.cached == row.cached && !counted.isEstimated)
    }

    @Test(arguments: [
        "{}", #"{"total_tokens":9}"#, #"{"prompt_tokens":0,"completion_tokens":0}"#,
        #"{"prompt_tokens":null,"completion_tokens":"many"}"#, #"{"prompt_tokens":-5}"#,
    ])
    func `a usage without a count is none`(json: String) throws {
        #expect(OpenAIWire.usage(try JSONObject(Array(json.utf8))) == nil)
    }

    @Test(arguments: [
        #"{"usage":USAGE}"#, #"{"x_groq":{"usage":USAGE}}"#, #"{"usageMetadata":USAGE}"#,
        #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":USAGE}]}"#,
    ])
    func `a usage is found wherever it stands`(json: String) throws {
        let usage = #"{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}"#
        var chunks = OpenAIChunks()
        let chunk = try JSONObject(Array(json.replacing("USAGE", with: usage).utf8))
        let tokens = TokenUsage(input: 7, output: 3, isEstimated: false)
        #expect(OpenAIWire.usage(in: chunk) == tokens)
        guard case .usage(let said, let details) = chunks.pieces(of: chunk).last else {
            Issue.record("no usage")
            return
        }
        #expect(said == tokens && details == Array(usage.utf8))
    }

    @Test func `every row names its documentation`() {
        #expect(UsageMember.all.allSatisfy { $0.source.hasPrefix("https://") })
    }

    // MARK: Reports that follow each other

    private static func usage(_ input: Int, _ output: Int, read: Int = 0) -> TokenUsage {
        let cached = CachedTokens(read: read)
        return TokenUsage(input: input, output: output, isEstimated: false, cached: cached)
    }

    @Test(arguments: [
        ([usage(31, 1), usage(31, 2), usage(31, 17)], usage(31, 17)),
        ([usage(31, 17), usage(31, 17)], usage(31, 17)),
        ([usage(31, 0), usage(0, 17)], usage(31, 17)),
        ([usage(31, 17), usage(0, 0)], usage(31, 17)),
        ([usage(31, 1, read: 16), usage(31, 17)], usage(31, 17, read: 16)),
        ([usage(31, 1, read: 16), usage(40, 17)], usage(40, 17)),
        ([usage(40, 20), usage(31, 17)], usage(31, 17)),
    ])
    func `the last report counts, and nothing is added`(said: [TokenUsage], usage: TokenUsage) {
        #expect(said.reduce(.unknown) { $0.updated(by: $1) } == usage)
    }

    @Test func `what was not said is estimated and marked`() {
        let unknown = TokenUsage.unknown.completed(prompt: 9, rest: 4)
        #expect(unknown == TokenUsage(input: 9, output: 4, isEstimated: true))
        let cut = Self.usage(31, 2, read: 16).completed(prompt: 9, rest: 4)
        #expect((cut.input, cut.output, cut.isEstimated) == (31, 6, true))
        #expect(cut.cached == CachedTokens(read: 16))
        let whole = Self.usage(31, 17)
        #expect(whole.completed(prompt: 9, rest: 0) == whole)
    }

    @Test func `cached tokens are bounded by the prompt, the dearest first`() {
        func cached(_ read: Int, _ written: Int, _ hour: Int, of input: Int) -> [Int] {
            let cached = CachedTokens(read: read, written: written, writtenForHour: hour)
            let usage = TokenUsage(input: input, output: 0, isEstimated: false, cached: cached)
            return [usage.cached.read, usage.cached.written, usage.cached.writtenForHour]
        }
        #expect(cached(5, 3, 2, of: 100) == [5, 3, 2])
        #expect(cached(5, 3, 2, of: 7) == [4, 3, 2])
        #expect(cached(5, 3, 2, of: 1) == [0, 1, 1])
        #expect(cached(5, 0, 2, of: 9) == [5, 2, 2])
        #expect(cached(.max, .max, .max, of: .max) == [0, TokenUsage.most, TokenUsage.most])
        #expect(cached(-1, -1, -1, of: 5) == [0, 0, 0])
    }
}
