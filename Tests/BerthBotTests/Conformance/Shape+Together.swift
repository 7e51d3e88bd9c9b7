extension Shape {
    private static let v = Vendor(
        name: "Together",
        top: #""#,
        inner: #""#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let together: [Shape] = [
        .whole(v),
        .streamed(v),
        .streamedReasoning(v, in: "reasoning"),
        .wholeReasoning(v, in: "reasoning"),
        .callInOneChunk(v),
        .wholeCall(v),
        Shape(
            v,
            "text beside the delta",
            v.stream(
                #"{"id":"t1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"text":"Hi","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":1,"role":"assistant","content":"Hi","tool_calls":null}}],"usage":null}"#,
                #"{"id":"t1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"text":"","logprobs":null,"finish_reason":"stop","seed":7,"delta":{"token_id":2,"role":"assistant","content":"","tool_calls":null}}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#
            ),
            .said("Hi", [9, 3])
        ),
        Shape(
            v,
            "the older finish reason",
            v.stream(
                v.text("Hi"),
                v.chunk(#"{"content":""}"#, "eos"),
                v.usage(usage)
            ),
            .said("Hi", [9, 3])
        ),
        .cut(v),
        Shape(
            v,
            422,
            #"{"error":{"message":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193.","type":"invalid_request_error","param":null,"code":"invalid_request"}}"#,
            .tooLong(422, "8193")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"Unable to access model m. Please visit the list of models.","type":"invalid_request_error","param":null,"code":"model_not_available"}}"#,
            .unknown(404, "Unable to access model")
        ),
        Shape(
            v,
            401,
            #"{"error":{"message":"Invalid API key provided.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            .noKey
        ),
        Shape(
            v,
            402,
            #"{"error":{"message":"Credit limit exceeded","type":"invalid_request_error","param":null,"code":"credit_limit"}}"#,
            .noCredit
        ),
        Shape(
            v,
            429,
            ["x-ratelimit-reset: 12", "x-ratelimit-remaining: 0"],
            #"{"error":{"message":"Too fast","type":"rate_limit","param":null,"code":"rate_limit"}}"#,
            .tooMany("Too fast", wait: 12)
        ),
        Shape(
            v,
            503,
            #"{"error":{"message":"The server is busy","type":"service_unavailable","param":null,"code":"invalid_request_error"}}"#,
            .overloaded("busy")
        ),
    ]
}
