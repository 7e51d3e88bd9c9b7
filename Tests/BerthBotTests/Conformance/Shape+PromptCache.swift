/// Usage with tokens that the vendor read from its prompt cache, whole and streamed.
extension Shape {
    private static let counts: [(vendor: String, usage: String, tokens: [Int], cached: Int)] = [
        (
            "OpenAI",
            #"{"prompt_tokens":2006,"completion_tokens":3,"total_tokens":2009,"prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":0}}"#,
            [2006, 3], 1920
        ),
        (
            "Azure",
            #"{"prompt_tokens":1566,"completion_tokens":3,"total_tokens":1569,"prompt_tokens_details":{"cached_tokens":1408,"audio_tokens":null}}"#,
            [1566, 3], 1408
        ),
        (
            "Google",
            #"{"prompt_tokens":2152,"completion_tokens":3,"total_tokens":2260,"prompt_tokens_details":{"cached_tokens":2027}}"#,
            [2152, 108], 2027
        ),
        (
            "Mistral",
            #"{"prompt_tokens":640,"total_tokens":643,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":576}}"#,
            [640, 3], 576
        ),
        (
            "DeepSeek",
            #"{"prompt_tokens":450,"completion_tokens":3,"total_tokens":453,"prompt_cache_hit_tokens":448,"prompt_cache_miss_tokens":2}"#,
            [450, 3], 448
        ),
        (
            "xAI",
            #"{"prompt_tokens":1200,"completion_tokens":3,"total_tokens":3303,"prompt_tokens_details":{"text_tokens":1200,"audio_tokens":0,"image_tokens":0,"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":2100}}"#,
            [1200, 2103], 64
        ),
        (
            "OpenRouter",
            #"{"prompt_tokens":194,"completion_tokens":3,"total_tokens":197,"cost":0.00001,"prompt_tokens_details":{"cached_tokens":90,"cache_write_tokens":4,"audio_tokens":0}}"#,
            [194, 3], 90
        ),
        (
            "Moonshot",
            #"{"prompt_tokens":800,"completion_tokens":3,"total_tokens":803,"cached_tokens":768}"#,
            [800, 3], 768
        ),
        (
            "a gateway to Anthropic",
            #"{"prompt_tokens":14,"completion_tokens":3,"total_tokens":17,"cache_read_input_tokens":700,"cache_creation_input_tokens":0}"#,
            [714, 3], 700
        ),
    ]

    static let promptCache: [Shape] = counts.flatMap { row in
        let v = Vendor(name: row.vendor)
        var told = Told.said("Hi", row.tokens)
        told.cached = row.cached
        let message = #"{"role":"assistant","content":"Hi"}"#
        return [
            Shape(v, "cached tokens", v.whole(message, "stop", row.usage), told),
            Shape(
                v,
                "cached tokens in a stream",
                v.stream(v.text("Hi"), v.chunk("{}", "stop"), v.usage(row.usage)),
                told
            ),
        ]
    }
}
