extension Shape {
    private static let v = Vendor(
        name: "LM Studio",
        top: #","system_fingerprint":"m""#,
        inner: #","logprobs":null"#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let lmStudio: [Shape] = [
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
            "an error as a named event",
            v.events(("error", #"{"error":{"message":"The model has crashed"}}"#)),
            .broken("The model has crashed")
        ),
        Shape(
            v,
            "an error as a named event with text",
            v.events(("error", #"{"code":500,"message":"inner failure"}"#)),
            .broken("inner failure")
        ),
        Shape(
            v,
            400,
            #"{"error":"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens."}"#,
            .tooLong(400, "4096 tokens")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"Model \"m\" not found.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            .unknown(404, "not found")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"No models loaded. Please load a model.","type":"invalid_request_error","param":null,"code":"x"}}"#,
            .unknown(404, "No models loaded")
        ),
        Shape(
            v,
            503,
            #"{"error":"Model is currently loading"}"#,
            .overloaded("loading")
        ),
    ]
}
