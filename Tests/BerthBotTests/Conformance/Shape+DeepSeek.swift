extension Shape {
    private static let v = Vendor(
        name: "DeepSeek",
        top: #","system_fingerprint":"fp_ds""#,
        inner: #","logprobs":null"#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let deepSeek: [Shape] = [
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
            "cut for lack of resources",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("Hi"),
                v.chunk(#"{}"#, "insufficient_system_resource")
            ),
            .broken("insufficient_system_resource", after: "Hi")
        ),
        Shape(
            v,
            "comments while it waits",
            ": keep-alive\n\n: keep-alive\n\n" + v.stream(v.text("Hi"), v.chunk("{}", "stop")),
            .said("Hi", nil)
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"This model's maximum context length is 65536 tokens.","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
            .tooLong(400, "65536")
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
            .forbidden(400, "Content Exists Risk")
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
            .unknown(400, "Model Not Exist")
        ),
        Shape(
            v,
            401,
            #"{"error":{"message":"Authentication Fails (no such user)","type":"authentication_error","param":null,"code":"invalid_request_error"}}"#,
            .noKey
        ),
        Shape(
            v,
            402,
            #"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#,
            .noCredit
        ),
        Shape(
            v,
            429,
            #"{"error":{"message":"Rate limit reached","type":"rate_limit_error","param":null,"code":"rate_limit"}}"#,
            .tooMany("Rate limit reached", wait: 2)
        ),
        Shape(
            v,
            503,
            #"{"error":{"message":"Server is overloaded","type":"service_unavailable_error","param":null,"code":"invalid_request_error"}}"#,
            .overloaded("overloaded")
        ),
    ]
}
