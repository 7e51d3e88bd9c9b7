extension Shape {
    private static let v = Vendor(
        name: "DeepSeek",
        top: #","system_fingerprint":"fp_ds""#,
        inner: #","logprobs":null"#
    )

    static let deepSeek: [Shape] = [
        .whole(v),
        .streamed(v),
        .streamedReasoning(v, in: "reasoning_content"),
        .wholeReasoning(v, in: "reasoning_content"),
        .streamedCall(v),
        .wholeCall(v),
        .cut(v),
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
