extension Shape {
    private static let v = Vendor(
        name: "OpenAI",
        top: #","service_tier":"default","system_fingerprint":"fp_1""#,
        inner: #","logprobs":null"#
    )
    private static let usage =
        #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#
    private static let role = v.chunk(#"{"role":"assistant","content":"","refusal":null}"#)

    private static func error(_ message: String, _ type: String, _ code: String?) -> String {
        let code = code.map { "\"\($0)\"" } ?? "null"
        return
            #"{"error":{"message":"\#(message)","type":"\#(type)","param":null,"code":\#(code)}}"#
    }

    static let openAI: [Shape] = [
        Shape(
            v,
            "whole",
            v.whole(
                #"{"role":"assistant","content":"Hi é","refusal":null,"annotations":[]}"#,
                "stop",
                usage
            ),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "a stream",
            v.stream(role, v.text("Hi"), v.text(" é"), v.chunk("{}", "stop"), v.usage(usage)),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "a stream without usage",
            v.stream(role, v.text("Hi"), v.chunk("{}", "stop")),
            .said("Hi", nil)
        ),
        Shape(
            v,
            "cut at the limit",
            v.stream(role, v.text("The first of"), v.chunk("{}", "length"), v.usage(usage)),
            .said("The first of", [9, 3], finish: "length")
        ),
        Shape(
            v,
            "cut by the filter",
            v.stream(role, v.text("Well"), v.chunk("{}", "content_filter"), v.usage(usage)),
            .said("Well", [9, 3], finish: "content_filter")
        ),
        Shape(
            v,
            "a refusal",
            v.stream(
                v.chunk(#"{"role":"assistant","content":null,"refusal":""}"#),
                v.chunk(#"{"refusal":"I cannot"}"#),
                v.chunk("{}", "stop"),
                v.usage(usage)
            ),
            Told(text: "I cannot", finish: "stop", ending: "refusal", usage: [9, 3])
        ),
        Shape(
            v,
            "a tool call in a stream",
            v.stream(
                v.chunk(
                    #"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}],"refusal":null}"#
                ),
                v.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]}"#),
                v.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}"#),
                v.chunk("{}", "tool_calls"),
                v.usage(usage)
            ),
            .called(#"f {"a":1}"#, [9, 3])
        ),
        Shape(
            v,
            "a whole tool call",
            v.whole(
                #"{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}],"refusal":null}"#,
                "tool_calls",
                usage
            ),
            .called("f {}", [9, 3])
        ),
        Shape(
            v,
            "web search with annotations",
            v.whole(
                #"{"role":"assistant","content":"See it","annotations":[{"type":"url_citation","url_citation":{"start_index":0,"end_index":3,"title":"A page","url":"https://a.example/1"}}]}"#,
                "stop",
                usage
            ),
            .said("See it", [9, 3], links: ["https://a.example/1"])
        ),
        Shape(
            v,
            "halves of a character in two chunks",
            v.stream(role, v.text(#"a\ud83d"#), v.text(#"\ude00b"#), v.chunk("{}", "stop")),
            .said("a😀b", nil)
        ),
        Shape(
            v,
            "an answer without a word",
            v.stream(role, v.chunk("{}", "stop"), v.usage(usage)),
            .broken("without a word")
        ),
        Shape(
            v,
            400,
            error(
                "This model's maximum context length is 8192 tokens.",
                "invalid_request_error",
                "context_length_exceeded"
            ),
            .tooLong(400, "8192 tokens")
        ),
        Shape(
            v,
            400,
            error("Your prompt was flagged.", "invalid_request_error", "content_policy_violation"),
            .forbidden(400, "flagged")
        ),
        Shape(
            v,
            404,
            error(
                "The model `m` does not exist or you do not have access to it.",
                "invalid_request_error",
                "model_not_found"
            ),
            .unknown(404, "does not exist")
        ),
        Shape(
            v,
            401,
            error(
                "Incorrect API key provided: sk-upst****cret.",
                "invalid_request_error",
                "invalid_api_key"
            ),
            .noKey
        ),
        Shape(
            v,
            429,
            error("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
            .noCredit
        ),
        Shape(
            v,
            429,
            error(
                "Rate limit reached for m. Please try again in 6m0s.",
                "tokens",
                "rate_limit_exceeded"
            ),
            .tooMany("Rate limit reached", wait: 360)
        ),
        Shape(
            v,
            429,
            [
                "x-ratelimit-remaining-requests: 59", "x-ratelimit-reset-requests: 1s",
                "x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 1m2.5s",
            ],
            error("Too fast.", "requests", nil),
            .tooMany("Too fast", wait: 63)
        ),
        Shape(
            v,
            503,
            ["retry-after-ms: 7000"],
            error("The engine is currently overloaded.", "server_error", nil),
            .overloaded("overloaded", wait: 7)
        ),
        Shape(
            v,
            500,
            error("The server had an error.", "server_error", nil),
            .overloaded("had an error")
        ),
    ]
}
