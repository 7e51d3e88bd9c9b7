import BerthText

/// The token counts of a message as they arrive.
///
/// Each count replaces the previous one.
struct AnthropicUsage {
    private var input: Int?
    private var cacheWritten = 0
    private var cacheRead = 0
    private var output: Int?

    /// Reads a `usage` object.
    ///
    /// The first one of a stream is provisional, so its output count is ignored.
    mutating func update(_ usage: JSONObject?, isProvisional: Bool = false) {
        func read(_ name: String) -> Int? { usage?.integer(name).map(OpenAIWire.bounded) }
        input = read("input_tokens") ?? input
        cacheWritten = read("cache_creation_input_tokens") ?? cacheWritten
        cacheRead = read("cache_read_input_tokens") ?? cacheRead
        if !isProvisional { output = read("output_tokens") ?? output }
    }

    /// The total usage; nil while input or output is unknown.
    ///
    /// Anthropic's `input_tokens` exclude cached tokens, which are added here.
    var tokens: TokenUsage? {
        guard let input, let output else { return nil }
        return TokenUsage(
            input: OpenAIWire.bounded(input + cacheWritten + cacheRead),
            output: output,
            isEstimated: false
        )
    }
}
