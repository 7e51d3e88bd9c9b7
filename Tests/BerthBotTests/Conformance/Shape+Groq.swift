extension Shape {
    private static let v = Vendor(
        name: "Groq",
        top: #","system_fingerprint":"fp_g""#,
        inner: #","logprobs":null"#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let groq: [Shape] = [
        .whole(v),
        .streamed(v),
        .streamedReasoning(v, in: "reasoning"),
        .wholeReasoning(v, in: "reasoning"),
        .callInOneChunk(v),
        .wholeCall(v),
        .cut(v),
        Shape(
            v,
            "the usage in x_groq",
            v.stream(
                v.chunk(#"{"role":"assistant","content":"Hi"}"#, nil, #","x_groq":{"id":"req_1"}"#),
                v.chunk(
                    #"{}"#,
                    "stop",
                    #","x_groq":{"id":"req_1","usage":{"queue_time":0.1,"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"total_time":0.2}}"#
                )
            ),
            .said("Hi", [9, 3])
        ),
        Shape(
            v,
            "an error in x_groq",
            v.stream(
                v.chunk(#"{"role":"assistant","content":"Hi"}"#, nil, #","x_groq":{"id":"req_1"}"#),
                v.chunk(#"{}"#, nil, #","x_groq":{"id":"req_1","error":"over capacity"}"#)
            ),
            .broken("over capacity", after: "Hi")
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"Please reduce the length of the messages or completion.","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}"#,
            .tooLong(400, "reduce the length")
        ),
        Shape(
            v,
            413,
            #"{"error":{"message":"Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 8000.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
            .tooLong(413, "Requested 8000")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"The model `m` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            .unknown(404, "does not exist")
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"The model `m` has been decommissioned.","type":"invalid_request_error","param":null,"code":"model_decommissioned"}}"#,
            .unknown(400, "decommissioned")
        ),
        Shape(
            v,
            401,
            #"{"error":{"message":"Invalid API Key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            .noKey
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"API access was blocked because a spend alert was reached.","type":"invalid_request_error","param":null,"code":"blocked_api_access"}}"#,
            .noCredit
        ),
        Shape(
            v,
            429,
            #"{"error":{"message":"Rate limit reached for model `m`. Please try again in 7m12.5s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
            .tooMany("Rate limit", wait: 433)
        ),
        Shape(
            v,
            498,
            #"{"error":{"message":"Flex tier capacity exceeded.","type":"capacity","param":null,"code":"capacity_exceeded"}}"#,
            .overloaded("capacity")
        ),
    ]
}
