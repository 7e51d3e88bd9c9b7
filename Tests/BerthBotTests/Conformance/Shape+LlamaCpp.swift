extension Shape {
    private static let v = Vendor(
        name: "llama.cpp",
        top: #","system_fingerprint":"b1-1""#,
        inner: #""#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let llamaCpp: [Shape] = [
        .whole(v),
        .streamed(v),
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
        .streamedReasoning(v, in: "reasoning_content"),
        .wholeReasoning(v, in: "reasoning_content"),
        .streamedCall(v),
        .wholeCall(v),
        .cut(v),
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
