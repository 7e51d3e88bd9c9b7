extension Shape {
    private static let v = Vendor(name: "Mistral")
    private static let usage = #"{"prompt_tokens":9,"total_tokens":12,"completion_tokens":3}"#
    private static let end = v.chunk(#"{"content":""}"#, "stop", #","usage":\#(usage)"#)

    private static func error(_ message: String, _ type: String, _ code: String) -> String {
        #"{"object":"error","message":"\#(message)","type":"\#(type)","param":null,"code":"\#(code)"}"#
    }

    static let mistral: [Shape] = [
        Shape(
            v,
            "whole",
            v.whole(#"{"role":"assistant","tool_calls":null,"content":"Hi é"}"#, "stop", usage),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "a stream with the usage at its end",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("Hi"),
                v.text(" é"),
                end
            ),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "content in parts",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.chunk(
                    #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm, "}]}]}"#
                ),
                v.chunk(
                    #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"yes"}]}]}"#
                ),
                v.chunk(#"{"content":[{"type":"text","text":"Hi"}]}"#),
                v.text(" é"),
                end
            ),
            .said("Hi é", [9, 3], reasoning: "hm, yes")
        ),
        Shape(
            v,
            "whole, content in parts",
            v.whole(
                #"{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}],"closed":true},{"type":"text","text":"Hi"}]}"#,
                "stop",
                usage
            ),
            .said("Hi", [9, 3], reasoning: "hm")
        ),
        Shape(
            v,
            "parts with references",
            v.whole(
                #"{"role":"assistant","content":[{"type":"text","text":"Hi"},{"type":"reference","reference_ids":[1]}]}"#,
                "stop",
                usage
            ),
            .said("Hi", [9, 3])
        ),
        Shape(
            v,
            "a tool call in one chunk",
            v.stream(
                v.chunk(
                    #"{"content":"","tool_calls":[{"id":"D681PevKs","function":{"name":"f","arguments":"{\"a\": 1}"},"index":0}]}"#,
                    "tool_calls",
                    #","usage":\#(usage)"#
                )
            ),
            .called(#"f {"a": 1}"#, [9, 3])
        ),
        Shape(
            v,
            "a whole tool call",
            v.whole(
                #"{"role":"assistant","content":"","tool_calls":[{"id":"D681PevKs","function":{"name":"f","arguments":"{}"},"index":0}]}"#,
                "tool_calls",
                usage
            ),
            .called("f {}", [9, 3])
        ),
        Shape(
            v,
            "cut by the model's window",
            v.stream(v.text("The first"), v.chunk(#"{"content":""}"#, "model_length")),
            .said("The first", nil, finish: "length")
        ),
        Shape(
            v,
            "a failure as the finish reason",
            v.stream(v.text("The"), v.chunk(#"{"content":""}"#, "error")),
            .broken("finish reason is 'error'", after: "The")
        ),
        Shape(
            v,
            400,
            error(
                "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
                "invalid_request_invalid_args",
                "3051"
            ),
            .tooLong(400, "40000 tokens")
        ),
        Shape(
            v,
            400,
            error("Invalid model: m", "invalid_model", "1500"),
            .unknown(400, "Invalid model")
        ),
        Shape(v, 401, #"{"detail":"Unauthorized"}"#, .noKey),
        Shape(v, 401, #"{"message":"Unauthorized","request_id":"r1"}"#, .noKey),
        Shape(v, 402, #"{"detail":"Payment required"}"#, .noCredit),
        Shape(
            v,
            429,
            error("Requests rate limit exceeded", "rate_limited", "1300"),
            .tooMany("Requests rate limit", wait: 2)
        ),
        Shape(
            v,
            503,
            error(
                "Service tier capacity exceeded for this model.",
                "service_tier_capacity_exceeded",
                "3505"
            ),
            .overloaded("Service tier capacity")
        ),
        Shape(
            v,
            422,
            #"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted","input":{"include_usage":true}}]}"#,
            .refused(422, nil, "body.stream_options: Extra inputs are not permitted")
        ),
        Shape(
            v,
            422,
            #"{"object":"error","message":{"detail":[{"type":"missing","loc":["body","model"],"msg":"Field required","input":{}}]},"type":"invalid_request_error","param":null,"code":null}"#,
            .refused(422, nil, "body.model: Field required")
        ),
    ]
}
