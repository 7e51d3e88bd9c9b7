extension Shape {
    private static let v = Vendor(name: "Anybody")
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#
    private static let good = v.whole(#"{"role":"assistant","content":"Hi"}"#, "stop", usage)
    private static let stream = v.stream(v.text("Hi"), v.chunk("{}", "stop"), v.usage(usage))
    private static let hi = Told.said("Hi", [9, 3])

    private static func odd(
        _ what: String,
        _ body: String,
        _ told: Told,
        type: String = "text/plain"
    )
        -> Shape
    {
        Shape(v, what, 200, body, told, type: type)
    }

    static let anybody: [Shape] = [
        odd("events though none were asked for", stream, hi, type: "application/json"),
        odd("events under no type", stream, hi, type: "application/octet-stream"),
        odd("a whole answer in one event", v.stream(good), hi),
        odd("a byte order mark and white space", "\u{FEFF}\n \r\n" + good + "\n\n", hi),
        odd("the end of a stream glued to a whole answer", good + "\n\ndata: [DONE]\n\n", hi),
        odd("garbage behind a whole answer", good + "}}<!-- x -->", hi),
        odd("a stream whose last event is not closed", String(stream.dropLast(16)), hi),
        odd(
            "chunks as lines of JSON",
            v.text("Hi") + "\n" + v.chunk("{}", "stop"),
            .said("Hi", nil)
        ),
        odd("chunks as a list", "[\(v.text("Hi")),\(v.chunk("{}", "stop"))]", .said("Hi", nil)),
        odd(
            "a member that stands twice",
            v.stream(
                #"{"choices":[{"index":0,"delta":{"content":"no","content":"Hi"},"finish_reason":null}]}"#,
                v.chunk("{}", "stop")
            ),
            .said("Hi", nil)
        ),
        odd(
            "NaN as a log probability",
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"logprobs":{"content":[{"token":"Hi","logprob":-Infinity}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"x":NaN}}"#,
            hi
        ),
        odd(
            "the text of the older API",
            #"{"object":"text_completion","choices":[{"index":0,"text":"Hi","finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#,
            hi
        ),
        odd("no choice", #"{"choices":[],"usage":null}"#, .broken("")),
        odd("a choice that is text", #"{"choices":["Hi"]}"#, .broken("")),
        odd(
            "FastChat's error",
            #"{"text":"(the worker has died)","error_code":50002}"#,
            .broken("worker has died")
        ),
        odd(
            "an error of another framework",
            #"{"detail":"the queue is full"}"#,
            .broken("queue is full")
        ),
        odd(
            "an empty error is none",
            #"{"error":{},"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#,
            hi
        ),
        odd(
            "a web page",
            "<!DOCTYPE html><html><head><title>My models</title></head></html>",
            .broken("web page ('My models')"),
            type: "text/html"
        ),
        odd("plain words", "upstream connect error", .broken("upstream connect error")),
        Shape(
            v,
            502,
            "<html><head><title>502 Bad Gateway</title></head></html>",
            .overloaded("502 Bad Gateway")
        ),
        Shape(
            v,
            404,
            "<html><body><h1>Not here</h1></body></html>",
            .refused(404, nil, "Not here")
        ),
        Shape(v, 400, "the prompt is odd", .refused(400, nil, "the prompt is odd")),
        Shape(v, 422, #"["prompt is odd by 5 tokens"]"#, .refused(422, nil, "odd by 5")),
        Shape(v, 400, #""just a text""#, .refused(400, nil, "just a text")),
        Shape(v, 400, #"{"message":"the temperature is odd"}"#, .refused(400, nil, "temperature")),
        Shape(
            v,
            400,
            #"{"errors":[{"code":7003,"message":"no route"},{"code":7000,"message":"none"}],"success":false}"#,
            .refused(400, nil, "no route; none")
        ),
        Shape(
            v,
            400,
            #"{"title":"Bad Request","detail":"a field is odd","status":400}"#,
            .refused(400, nil, "a field is odd")
        ),
        Shape(
            v,
            400,
            #"{"error":"Bad Request","message":"the field is odd"}"#,
            .refused(400, nil, "the field is odd")
        ),
        Shape(
            v,
            400,
            "data: {\"error\":{\"message\":\"in an event\"}}\n\n",
            .refused(400, nil, "in an event")
        ),
        Shape(v, 400, #"{"error":{"message":"cut of"#, .refused(400, nil, "cut of")),
        Shape(
            v,
            403,
            #"{"error":{"message":"Your country is not supported"}}"#,
            .refused(403, nil, "country")
        ),
        Shape(
            v,
            429,
            ["Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"],
            "slow down",
            .tooMany("slow down", wait: 1)
        ),
    ]
}
