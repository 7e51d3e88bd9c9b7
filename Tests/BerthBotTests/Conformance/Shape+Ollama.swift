extension Shape {
    private static let v = Vendor(
        name: "Ollama",
        top: #","system_fingerprint":"fp_ollama""#,
        inner: #""#
    )
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    static let ollama: [Shape] = [
        .whole(v),
        Shape(
            v,
            "the role in each delta",
            v.stream(
                v.chunk(#"{"role":"assistant","content":"Hi"}"#),
                v.chunk(#"{"role":"assistant","content":" é"}"#),
                v.chunk(#"{"role":"assistant","content":""}"#, "stop"),
                v.usage(usage)
            ),
            .said("Hi é", [9, 3])
        ),
        .streamedReasoning(v, in: "reasoning"),
        .wholeReasoning(v, in: "reasoning"),
        .callInOneChunk(v),
        .wholeCall(v),
        Shape(
            v,
            "a tool call with stop as its reason",
            v.stream(
                v.chunk(
                    #"{"role":"assistant","content":"","tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}"#
                ),
                v.chunk(#"{"role":"assistant","content":""}"#, "stop")
            ),
            .called(#"f {"a":1}"#, nil, finish: "stop")
        ),
        Shape(
            v,
            "arguments that are no text",
            v.whole(
                #"{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":{"a":1}}}]}"#,
                "tool_calls",
                usage
            ),
            .called(#"f {"a":1}"#, [9, 3])
        ),
        .cut(v),
        Shape(
            v,
            "an end without a reason",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("Hi"),
                done: false
            ),
            .broken("ended the answer early", after: "Hi")
        ),
        Shape(
            v,
            400,
            #"{"error":{"message":"the input length exceeds the context length","type":"invalid_request_error","param":null,"code":null}}"#,
            .tooLong(400, "exceeds the context length")
        ),
        Shape(
            v,
            404,
            #"{"error":{"message":"model 'm' not found, try pulling it first","type":"not_found_error","param":null,"code":null}}"#,
            .unknown(404, "pulling it")
        ),
        Shape(
            v,
            404,
            #"{"error":"model 'm' not found"}"#,
            .unknown(404, "model 'm' not found")
        ),
        Shape(
            v,
            401,
            #"{"error":"unauthorized"}"#,
            .noKey
        ),
        Shape(
            v,
            429,
            #"{"error":"too many concurrent requests"}"#,
            .tooMany("too many concurrent", wait: 2)
        ),
        Shape(
            v,
            503,
            #"{"error":{"message":"server busy, please try again. maximum pending requests exceeded","type":"api_error","param":null,"code":null}}"#,
            .overloaded("server busy")
        ),
        Shape(
            v,
            500,
            #"{"error":{"message":"llama runner process has terminated","type":"api_error","param":null,"code":null}}"#,
            .overloaded("runner process")
        ),
    ]
}
