extension Shape {
    private static let v = Vendor(
        name: "Azure",
        top: #","system_fingerprint":"fp_az""#,
        inner:
            #","logprobs":null,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}"#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#
    private static let filters =
        #"{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}"#

    private static func error(_ code: String, _ message: String, _ inner: String = "") -> String {
        #"{"error":{"code":"\#(code)","message":"\#(message)"\#(inner)}}"#
    }

    static let azure: [Shape] = [
        .whole(v),
        Shape(
            v,
            "a stream that begins with the filter's results",
            v.stream(
                filters,
                v.chunk(#"{"role":"assistant","content":"","refusal":null}"#),
                v.text("Hi"),
                v.text(" é"),
                v.chunk("{}", "stop"),
                v.usage(usage)
            ),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "cut by the filter",
            v.stream(filters, v.text("Hi"), v.chunk("{}", "content_filter")),
            .said("Hi", nil, finish: "content_filter")
        ),
        Shape(
            v,
            "a tool call in a stream",
            v.stream(
                filters,
                v.chunk(
                    #"{"role":"assistant","content":null,"tool_calls":[{"function":{"arguments":"","name":"f"},"id":"call_1","index":0,"type":"function"}]}"#
                ),
                v.chunk(#"{"tool_calls":[{"function":{"arguments":"{}"},"index":0}]}"#),
                v.chunk("{}", "tool_calls"),
                v.usage(usage)
            ),
            .called("f {}", [9, 3])
        ),
        Shape(
            v,
            "an answer over the owner's data",
            v.whole(
                #"{"role":"assistant","content":"See [doc1]","context":{"citations":[{"content":"x","title":"One","url":"https://b.example/1","filepath":"1.md","chunk_id":"0"}],"intent":"[]"}}"#,
                "stop",
                usage
            ),
            .said("See [doc1]", [9, 3], links: ["https://b.example/1"])
        ),
        Shape(
            v,
            400,
            error(
                "context_length_exceeded",
                "This model's maximum context length is 16384 tokens.",
                #","type":"invalid_request_error","param":"messages""#
            ),
            .tooLong(400, "16384")
        ),
        Shape(
            v,
            400,
            error(
                "content_filter",
                "The response was filtered.",
                #","param":"prompt","type":null,"status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}"#
            ),
            .forbidden(400, "filtered")
        ),
        Shape(
            v,
            404,
            error("DeploymentNotFound", "The API deployment for this resource does not exist."),
            .unknown(404, "deployment")
        ),
        Shape(
            v,
            401,
            error("401", "Access denied due to invalid subscription key."),
            .noKey
        ),
        Shape(
            v,
            429,
            error("insufficient_quota", "The quota is used up."),
            .noCredit
        ),
        Shape(
            v,
            429,
            error(
                "429",
                "Requests have exceeded the token rate limit. Please retry after 20 seconds."
            ),
            .tooMany("token rate limit", wait: 20)
        ),
        Shape(
            v,
            429,
            ["Retry-After: 11"],
            error("RateLimitReached", "Too many."),
            .tooMany("Too many", wait: 11)
        ),
        Shape(
            v,
            503,
            error("ServiceUnavailable", "The service is temporarily unable to process."),
            .overloaded("temporarily unable")
        ),
        Shape(
            v,
            500,
            error("InternalServerError", "The backend failed."),
            .overloaded("backend failed")
        ),
    ]
}
