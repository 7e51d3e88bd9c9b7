extension Shape {
    private static let v = Vendor(
        name: "vLLM",
        top: #","prompt_logprobs":null"#,
        inner: #","logprobs":null,"stop_reason":null,"token_ids":null"#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let vLLM: [Shape] = [
        .whole(v),
        .streamed(v),
        .streamedReasoning(v, in: "reasoning_content"),
        .wholeReasoning(v, in: "reasoning_content"),
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
        .streamedCall(v),
        .wholeCall(v),
        .cut(v),
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
