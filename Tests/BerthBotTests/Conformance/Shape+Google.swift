extension Shape {
    private static let v = Vendor(name: "Google")
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    private static func text(_ text: String, _ finish: String? = nil) -> String {
        v.chunk(#"{"role":"assistant","content":"\#(text)"}"#, finish, #","usage":\#(usage)"#)
    }
    private static func error(
        _ code: Int,
        _ status: String,
        _ message: String,
        _ details: String = ""
    )
        -> String
    {
        let details = details.isEmpty ? "" : #","details":[\#(details)]"#
        return
            #"[{"error":{"code":\#(code),"message":"\#(message)","status":"\#(status)"\#(details)}}]"#
    }

    static let google: [Shape] = [
        .whole(v),
        Shape(
            v,
            "a stream with the usage in each chunk",
            v.stream(text("Hi"), text(" é", "stop")),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "cut at the limit",
            v.stream(text("The first"), text("", "length")),
            .said("The first", [9, 3], finish: "length")
        ),
        Shape(
            v,
            "a finish reason of the native API",
            v.stream(text("Hi"), text("", "SAFETY")),
            .said("Hi", [9, 3], finish: "content_filter")
        ),
        Shape(
            v,
            "a tool call without an index",
            v.stream(
                v.chunk(
                    #"{"role":"assistant","tool_calls":[{"id":"","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}"#,
                    nil,
                    #","usage":\#(usage)"#
                ),
                text("", "tool_calls")
            ),
            .called(#"f {"a":1}"#, [9, 3])
        ),
        Shape(
            v,
            "a whole tool call",
            v.whole(
                #"{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"eA=="}}}]}"#,
                "tool_calls",
                usage
            ),
            .called("f {}", [9, 3])
        ),
        Shape(
            v,
            "an answer without content",
            v.whole(#"{"role":"assistant"}"#, "stop", usage),
            .broken("without a word")
        ),
        Shape(
            v,
            400,
            error(
                400,
                "INVALID_ARGUMENT",
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
            ),
            .tooLong(400, "1200000")
        ),
        Shape(
            v,
            400,
            error(400, "INVALID_ARGUMENT", "The prompt was blocked: PROHIBITED_CONTENT"),
            .forbidden(400, "blocked")
        ),
        Shape(
            v,
            404,
            error(404, "NOT_FOUND", "models/m is not found for API version v1main."),
            .unknown(404, "models/m is not found")
        ),
        Shape(
            v,
            400,
            error(
                400,
                "INVALID_ARGUMENT",
                "API key not valid. Please pass a valid API key.",
                #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}"#
            ),
            .noKey
        ),
        Shape(
            v,
            403,
            error(
                403,
                "PERMISSION_DENIED",
                "This API method requires billing to be enabled.",
                #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"BILLING_DISABLED"}"#
            ),
            .noCredit
        ),
        Shape(
            v,
            429,
            error(
                429,
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota.",
                #"{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"39.5s"}"#
            ),
            .tooMany("exceeded your current quota", wait: 40)
        ),
        Shape(
            v,
            429,
            #"{"error":{"code":429,"message":"Please retry in 12.3s.","status":"RESOURCE_EXHAUSTED"}}"#,
            .tooMany("retry in", wait: 13)
        ),
        Shape(
            v,
            503,
            error(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
            .overloaded("overloaded")
        ),
        Shape(
            v,
            400,
            error(400, "INVALID_ARGUMENT", "the field logit_bias is not known here"),
            .refused(400, "400", "logit_bias")
        ),
    ]
}
