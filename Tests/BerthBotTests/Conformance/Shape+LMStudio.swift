extension Shape {
    private static let v = Vendor(
        name: "LM Studio",
        top: #","system_fingerprint":"m""#,
        inner: #","logprobs":null"#
    )

    static let lmStudio: [Shape] = [
        .whole(v),
        .streamed(v),
        .streamedReasoning(v, in: "reasoning_content"),
        .wholeReasoning(v, in: "reasoning_content"),
        .streamedCall(v),
        .wholeCall(v),
        .cut(v),
        Shape(
            v,
            "an error as a named event",
            v.events(("error", #"{"error":{"message":"The model has crashed"}}"#)),
            .broken("The model has crashed")
        ),
        Shape(
            v,
            "an error as a named event with text",
            v.events(("error", #"{"code":500,"message":"inner failure"}"#)),
            .broken("inner failure")
        ),
        Shape(
            v,
            400,
            #"{"error":"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens."}"#,
            .tooLong(400, "4096 tokens")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"Model \"m\" not found.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            .unknown(404, "not found")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"No models loaded. Please load a model.","type":"invalid_request_error","param":null,"code":"x"}}"#,
            .unknown(404, "No models loaded")
        ),
        Shape(
            v,
            503,
            #"{"error":"Model is currently loading"}"#,
            .overloaded("loading")
        ),
    ]
}
