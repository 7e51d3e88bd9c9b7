extension Shape {
    private static let v = Vendor(
        name: "vLLM",
        top: #","prompt_logprobs":null"#,
        inner: #","logprobs":null,"stop_reason":null,"token_ids":null"#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let vLLM: [Shape] = [
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
                v.chunk(#"{"role":"assistant","content":null,"reasoning_content":"hm"}"#),
                v.chunk(#"{"content":null,"reasoning_content":", yes"}"#),
                v.text("Hi"),
                v.chunk(#"{}"#, "stop"),
                v.usage(usage)
            ),
            .said("Hi", [9, 3], reasoning: "hm, yes")
        ),
        Shape(
            v,
            "whole, with reasoning",
            v.whole(
                #"{"role":"assistant","content":"Hi","reasoning_content":"hm"}"#,
                "stop",
                usage
            ),
            .said("Hi", [9, 3], reasoning: "hm")
        ),
        Shape(
            v,
            "the newer name of reasoning",
            v.stream(
                v.chunk(#"{"role":"assistant","content":"","reasoning":"hm"}"#),
                v.text("Hi"),
                v.chunk(#"{}"#, "stop"),
                v.usage(usage)
            ),
            .said("Hi", [9, 3], reasoning: "hm")
        ),
        Shape(
            v,
            "a tool call in a stream",
            v.stream(
                v.chunk(
                    #"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}]}"#
                ),
                v.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}"#),
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
            "the usage in each chunk",
            v.stream(
                v.chunk(
                    #"{"role":"assistant","content":"Hi"}"#,
                    nil,
                    #","usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}"#
                ),
                v.chunk(
                    #"{"content":""}"#,
                    "stop",
                    #","usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#
                )
            ),
            .said("Hi", [9, 3])
        ),
        Shape(
            v,
            "an error, and then the end as if nothing were wrong",
            v.stream(
                v.text("Hi"),
                #"{"error":{"message":"engine died","type":"InternalServerError","param":null,"code":500}}"#
            ),
            .broken("engine died", after: "Hi")
        ),
        Shape(
            v,
            "a request that was aborted",
            v.stream(
                v.text("Hi"),
                v.chunk(#"{"content":""}"#, "abort")
            ),
            .broken("abort", after: "Hi")
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.","type":"BadRequestError","param":null,"code":400}}"#,
            .tooLong(400, "4096 tokens")
        ),
        Shape(
            v,
            400,
            #"{"object":"error","message":"The decoder prompt (length 5000) is longer than the maximum model length of 4096.","type":"BadRequestError","param":null,"code":400}"#,
            .tooLong(400, "length 5000")
        ),
        Shape(
            v,
            404,
            #"{"object":"error","message":"The model `m` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
            .unknown(404, "does not exist")
        ),
        Shape(
            v,
            401,
            #"{"error":"Unauthorized"}"#,
            .noKey
        ),
        Shape(
            v,
            503,
            #"{"error":{"message":"The engine is dead","type":"ServiceUnavailableError","param":null,"code":503}}"#,
            .overloaded("engine is dead")
        ),
    ]
}
