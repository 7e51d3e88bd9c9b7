import BerthText

/// The token counts of a message as they arrive.
///
/// Each count replaces the previous one.
struct AnthropicUsage {
    private var input: Int?
    private var cacheWritten = 0
    private var cacheWrittenForHour = 0
    private var cacheRead = 0
    private var output: Int?

    /// Reads a `usage` object.
    ///
    /// The first one of a stream is provisional, so its output count is ignored.
    mutating func update(_ usage: JSONObject?, isProvisional: Bool = false) {
        guard let usage else { return }
        func read(_ name: String) -> Int? { usage.integer(name).map(OpenAIWire.bounded) }
        input = read("input_tokens") ?? input
        cacheWritten = read("cache_creation_input_tokens") ?? cacheWritten
        cacheWrittenForHour =
            UsageMember.count(.writtenForHour, in: usage) ?? cacheWrittenForHour
        cacheRead = read("cache_read_input_tokens") ?? cacheRead
        if !isProvisional { output = read("output_tokens") ?? output }
    }

    /// Whether both counts are known.
    var isComplete: Bool { input != nil && output != nil }

    /// The usage so far, with an output of 0 while that is unknown; nil while the input is unknown.
    ///
    /// Anthropic's `input_tokens` exclude cached tokens, which are added here.
    var tokens: TokenUsage? {
        guard let input else { return nil }
        let cached = CachedTokens(
            read: cacheRead,
            written: cacheWritten,
            writtenForHour: cacheWrittenForHour
        )
        return TokenUsage(
            input: input + cached.all,
            output: output ?? 0,
            isEstimated: false,
            cached: cached
        )
    }
}
