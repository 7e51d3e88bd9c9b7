extension Shape {
    private static let v = Vendor(
        name: "xAI",
        top: #","system_fingerprint":"fp_x""#,
        inner: #""#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let xAI: [Shape] = [
        .whole(v),
        .streamed(v),
        .streamedReasoning(v, in: "reasoning_content"),
        .wholeReasoning(v, in: "reasoning_content"),
        .callInOneChunk(v),
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
            "citations in the last chunk",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("Hi"),
                v.chunk(
                    #"{}"#,
                    "stop",
                    #","citations":["https://x.example/1","https://x.example/2"]"#
                ),
                v.usage(usage)
            ),
            .said("Hi", [9, 3], links: ["https://x.example/1", "https://x.example/2"])
        ),
        Shape(
            v,
            400,
            #"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}"#,
            .tooLong(400, "537812")
        ),
        Shape(
            v,
            403,
            #"{"code":"The caller does not have permission to execute the specified operation","error":"Content violates usage guidelines."}"#,
            .forbidden(403, "usage guidelines")
        ),
        Shape(
            v,
            404,
            #"{"code":"Some requested entity was not found","error":"The model m does not exist or your team one does not have access to it."}"#,
            .unknown(404, "does not exist")
        ),
        Shape(
            v,
            400,
            #"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***et."}"#,
            .noKey
        ),
        Shape(
            v,
            403,
            #"{"code":"Some resource has been exhausted","error":"Your team has either used all available credits or reached its monthly spending limit."}"#,
            .noCredit
        ),
        Shape(
            v,
            429,
            #"{"code":"Some resource has been exhausted","error":"Too many requests for team one."}"#,
            .tooMany("Too many requests", wait: 2)
        ),
        Shape(
            v,
            503,
            #"{"code":"The service is currently unavailable","error":"Service temporarily unavailable."}"#,
            .overloaded("temporarily unavailable")
        ),
    ]
}
