extension Shape {
    private static let v = Vendor(
        name: "llama.cpp",
        top: #","system_fingerprint":"b1-1""#,
        inner: #""#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let llamaCpp: [Shape] = [
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
            "null content first, timings last",
            v.stream(
                v.chunk(#"{"role":"assistant","content":null}"#),
                v.text("Hi"),
                v.chunk(#"{}"#, "stop"),
                #"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12},"timings":{"prompt_n":9,"predicted_n":3}}"#
            ),
            .said("Hi", [9, 3])
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
            "an answer without a word",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.chunk(#"{}"#, "stop"),
                v.usage(usage)
            ),
            .broken("without a word")
        ),
        Shape(
            v,
            "an error within the stream",
            v.stream(
                v.text("Hi"),
                #"{"error":{"code":500,"message":"slot failed","type":"server_error"}}"#
            ),
            .broken("slot failed", after: "Hi")
        ),
        Shape(
            v,
            400,
            #"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}"#,
            .tooLong(400, "available context size")
        ),
        Shape(
            v,
            500,
            #"{"error":{"code":500,"message":"the request exceeds the available context size","type":"server_error"}}"#,
            .tooLong(400, "available context size")
        ),
        Shape(
            v,
            400,
            #"{"error":{"code":400,"message":"model 'm' not found","type":"invalid_request_error"}}"#,
            .unknown(400, "model 'm' not found")
        ),
        Shape(
            v,
            401,
            #"{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}"#,
            .noKey
        ),
        Shape(
            v,
            503,
            #"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            .overloaded("Loading model")
        ),
        Shape(
            v,
            501,
            #"{"error":{"code":501,"message":"This server does not support tools","type":"not_supported_error"}}"#,
            .overloaded("does not support tools")
        ),
    ]
}
