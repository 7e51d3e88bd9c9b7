extension Shape {
    private static let v = Vendor(
        name: "Fireworks",
        top: #""#,
        inner: #""#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let fireworks: [Shape] = [
        .whole(v),
        Shape(
            v,
            "a stream with the usage at its end",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("Hi"),
                v.text(" é"),
                v.chunk(
                    #"{}"#,
                    "stop",
                    #","usage":{"prompt_tokens":9,"total_tokens":12,"completion_tokens":3}"#
                )
            ),
            .said("Hi é", [9, 3])
        ),
        .streamedReasoning(v, in: "reasoning_content"),
        .wholeReasoning(v, in: "reasoning_content"),
        .streamedCall(v),
        .wholeCall(v),
        .cut(v),
        Shape(
            v,
            "[DONE] without a reason",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("Hi")
            ),
            .broken("ended the answer early", after: "Hi")
        ),
        Shape(
            v,
            400,
            #"{"error":{"object":"error","type":"invalid_request_error","code":"invalid_request","message":"The prompt is too long: 150000, model maximum context length: 131071"}}"#,
            .tooLong(400, "150000")
        ),
        Shape(
            v,
            404,
            #"{"error":{"object":"error","type":"invalid_request_error","code":"NOT_FOUND","message":"Model not found, inaccessible, and/or not deployed"}}"#,
            .unknown(404, "Model not found")
        ),
        Shape(
            v,
            401,
            #"{"error":"unauthorized"}"#,
            .noKey
        ),
        Shape(
            v,
            403,
            #"{"error":{"object":"error","type":"invalid_request_error","code":"UNAUTHORIZED","message":"UNAUTHORIZED: the API key is invalid"}}"#,
            .noKey
        ),
        Shape(
            v,
            412,
            #"{"error":{"object":"error","type":"invalid_request_error","code":"FAILED_PRECONDITION","message":"Account one is suspended, possibly due to reaching the monthly spending limit"}}"#,
            .noCredit
        ),
        Shape(
            v,
            429,
            ["Retry-After: 30"],
            #"{"error":{"object":"error","type":"invalid_request_error","code":"RATE_LIMITED","message":"Request rate limit exceeded"}}"#,
            .tooMany("rate limit exceeded", wait: 30)
        ),
        Shape(
            v,
            503,
            #"{"error":{"object":"error","type":"invalid_request_error","code":"UNAVAILABLE","message":"Deployment is scaling up, try again in 60s"}}"#,
            .overloaded("scaling up", wait: 60)
        ),
    ]
}
