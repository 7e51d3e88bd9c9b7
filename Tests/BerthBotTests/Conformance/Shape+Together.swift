extension Shape {
    private static let v = Vendor(
        name: "Together",
        top: #""#,
        inner: #""#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let together: [Shape] = [
        Shape(
            v,
            "whole",
            v.whole(#"{"role":"assistant","content":"Hi é"}"#, "stop", usage),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "a stream",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("Hi"),
                v.text(" é"),
                v.chunk(#"{}"#, "stop"),
                v.usage(usage)
            ),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "reasoning in a stream",
            v.stream(
                v.chunk(#"{"role":"assistant","content":null,"reasoning":"hm"}"#),
                v.chunk(#"{"content":null,"reasoning":", yes"}"#),
                v.text("Hi"),
                v.chunk(#"{}"#, "stop"),
                v.usage(usage)
            ),
            .said("Hi", [9, 3], reasoning: "hm, yes")
        ),
        Shape(
            v,
            "whole, with reasoning",
            v.whole(#"{"role":"assistant","content":"Hi","reasoning":"hm"}"#, "stop", usage),
            .said("Hi", [9, 3], reasoning: "hm")
        ),
        Shape(
            v,
            "a tool call in a stream",
            v.stream(
                v.chunk(
                    #"{"role":"assistant","content":"","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}"#
                ),
                v.chunk(#"{}"#, "tool_calls"),
                v.usage(usage)
            ),
            .called(#"f {"a":1}"#, [9, 3])
        ),
        Shape(
            v,
            "a whole tool call",
            v.whole(
                #"{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}"#,
                "tool_calls",
                usage
            ),
            .called(#"f {"a":1}"#, [9, 3])
        ),
        Shape(
            v,
            "text beside the delta",
            v.stream(
                #"{"id":"t1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"text":"Hi","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":1,"role":"assistant","content":"Hi","tool_calls":null}}],"usage":null}"#,
                #"{"id":"t1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"text":"","logprobs":null,"finish_reason":"stop","seed":7,"delta":{"token_id":2,"role":"assistant","content":"","tool_calls":null}}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#
            ),
            .said("Hi", [9, 3])
        ),
        Shape(
            v,
            "the older finish reason",
            v.stream(
                v.text("Hi"),
                v.chunk(#"{"content":""}"#, "eos"),
                v.usage(usage)
            ),
            .said("Hi", [9, 3])
        ),
        Shape(
            v,
            "cut at the limit",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("The first"),
                v.chunk(#"{}"#, "length"),
                v.usage(usage)
            ),
            .said("The first", [9, 3], finish: "length")
        ),
        Shape(
            v,
            422,
            #"{"error":{"message":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193.","type":"invalid_request_error","param":null,"code":"invalid_request"}}"#,
            .tooLong(422, "8193")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"Unable to access model m. Please visit the list of models.","type":"invalid_request_error","param":null,"code":"model_not_available"}}"#,
            .unknown(404, "Unable to access model")
        ),
        Shape(
            v,
            401,
            #"{"error":{"message":"Invalid API key provided.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            .noKey
        ),
        Shape(
            v,
            402,
            #"{"error":{"message":"Credit limit exceeded","type":"invalid_request_error","param":null,"code":"credit_limit"}}"#,
            .noCredit
        ),
        Shape(
            v,
            429,
            ["x-ratelimit-reset: 12", "x-ratelimit-remaining: 0"],
            #"{"error":{"message":"Too fast","type":"rate_limit","param":null,"code":"rate_limit"}}"#,
            .tooMany("Too fast", wait: 12)
        ),
        Shape(
            v,
            503,
            #"{"error":{"message":"The server is busy","type":"service_unavailable","param":null,"code":"invalid_request_error"}}"#,
            .overloaded("busy")
        ),
    ]
}
