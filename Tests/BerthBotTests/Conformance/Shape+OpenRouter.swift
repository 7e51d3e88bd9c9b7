extension Shape {
    private static let v = Vendor(
        name: "OpenRouter",
        top: #","provider":"P""#,
        inner: #","native_finish_reason":"stop","logprobs":null"#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let openRouter: [Shape] = [
        .whole(v),
        .streamed(v),
        Shape(
            v,
            "reasoning with its details",
            v.stream(
                v.chunk(
                    #"{"role":"assistant","content":"","reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"unknown","index":0}]}"#
                ),
                v.text("Hi"),
                v.chunk(#"{}"#, "stop"),
                v.usage(usage)
            ),
            .said("Hi", [9, 3], reasoning: "hm")
        ),
        Shape(
            v,
            "whole, with reasoning",
            v.whole(
                #"{"role":"assistant","content":"Hi","refusal":null,"reasoning":"hm"}"#,
                "stop",
                usage
            ),
            .said("Hi", [9, 3], reasoning: "hm")
        ),
        .streamedCall(v),
        .wholeCall(v),
        .cut(v),
        Shape(
            v,
            "annotations",
            v.whole(
                #"{"role":"assistant","content":"Hi","annotations":[{"type":"url_citation","url_citation":{"url":"https://o.example/1","title":"O","content":"x","start_index":0,"end_index":2}}]}"#,
                "stop",
                usage
            ),
            .said("Hi", [9, 3], links: ["https://o.example/1"])
        ),
        Shape(
            v,
            "an error within the stream",
            v.stream(
                v.text("Hi"),
                #"{"id":"gen-1","provider":"P","error":{"code":502,"message":"Provider disconnected","metadata":{"a":1}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#
            ),
            .broken("Provider disconnected", after: "Hi")
        ),
        Shape(
            v,
            "an error in the choice",
            v.stream(
                v.text("Hi"),
                #"{"id":"gen-1","choices":[{"index":0,"delta":{"content":""},"error":{"code":502,"message":"Upstream died"},"finish_reason":"error"}]}"#
            ),
            .broken("Upstream died", after: "Hi")
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"This endpoint's maximum context length is 32768 tokens. However, you requested about 40000.","code":400},"user_id":"u1"}"#,
            .tooLong(400, "32768")
        ),
        Shape(
            v,
            403,
            #"{"error":{"message":"Your input was flagged","code":403,"metadata":{"reasons":["violence"],"flagged_input":"x","provider_name":"P"}},"user_id":"u1"}"#,
            .forbidden(403, "flagged")
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"m is not a valid model ID","code":400},"user_id":"u1"}"#,
            .unknown(400, "not a valid model ID")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"No endpoints found for m.","code":404},"user_id":"u1"}"#,
            .unknown(404, "No endpoints found")
        ),
        Shape(
            v,
            401,
            #"{"error":{"message":"User not found.","code":401},"user_id":"u1"}"#,
            .noKey
        ),
        Shape(
            v,
            402,
            #"{"error":{"message":"Insufficient credits","code":402},"user_id":"u1"}"#,
            .noCredit
        ),
        Shape(
            v,
            429,
            #"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"m is temporarily rate-limited upstream.","provider_name":"P"}},"user_id":"u1"}"#,
            .tooMany("temporarily rate-limited", wait: 2)
        ),
        Shape(
            v,
            502,
            #"{"error":{"message":"No instances available","code":502},"user_id":"u1"}"#,
            .overloaded("No instances")
        ),
    ]
}
