extension Shape {
    private static let v = Vendor(name: "Anthropic", isAnthropic: true)
    private static let start = (
        "message_start",
        #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}}"#
    )
    private static let stop = ("message_stop", #"{"type":"message_stop"}"#)

    private static func begin(_ block: String, _ index: Int = 0) -> (String, String) {
        (
            "content_block_start",
            #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
        )
    }
    private static func add(_ delta: String, _ index: Int = 0) -> (String, String) {
        (
            "content_block_delta",
            #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
        )
    }
    private static func end(_ index: Int = 0) -> (String, String) {
        ("content_block_stop", #"{"type":"content_block_stop","index":\#(index)}"#)
    }
    private static func finish(_ reason: String) -> (String, String) {
        (
            "message_delta",
            #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":{"output_tokens":3}}"#
        )
    }
    private static let text = begin(#"{"type":"text","text":""}"#)
    private static func say(_ text: String) -> (String, String) {
        add(#"{"type":"text_delta","text":"\#(text)"}"#)
    }
    private static func whole(_ content: String, _ reason: String) -> String {
        #"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[\#(content)],"stop_reason":"\#(reason)","stop_sequence":null,"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":3}}"#
    }
    private static func error(_ type: String, _ message: String, _ more: String = "") -> String {
        #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"\#(more)},"request_id":"req_1"}"#
    }

    static let anthropic: [Shape] = [
        Shape(
            v,
            "whole",
            whole(#"{"type":"text","text":"Hi é"}"#, "end_turn"),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "a stream",
            v.events(
                start,
                text,
                ("ping", #"{"type":"ping"}"#),
                say("Hi"),
                say(" é"),
                end(),
                finish("end_turn"),
                stop
            ),
            .said("Hi é", [9, 3])
        ),
        Shape(
            v,
            "cut at the limit",
            v.events(start, text, say("The first of"), end(), finish("max_tokens"), stop),
            .said("The first of", [9, 3], finish: "length")
        ),
        Shape(
            v,
            "a refusal",
            v.events(start, text, say("No."), end(), finish("refusal"), stop),
            .said("No.", [9, 3], finish: "content_filter")
        ),
        Shape(
            v,
            "thinking",
            v.events(
                start,
                begin(#"{"type":"thinking","thinking":"","signature":""}"#),
                add(#"{"type":"thinking_delta","thinking":"hm"}"#),
                add(#"{"type":"signature_delta","signature":"c2ln"}"#),
                end(),
                text,
                say("Hi"),
                end(),
                finish("end_turn"),
                stop
            ),
            .said("Hi", [9, 3], reasoning: "hm")
        ),
        Shape(
            v,
            "whole, with thinking",
            whole(
                #"{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"text","text":"Hi"}"#,
                "end_turn"
            ),
            .said("Hi", [9, 3], reasoning: "hm")
        ),
        Shape(
            v,
            "a tool call in a stream",
            v.events(
                start,
                begin(#"{"type":"tool_use","id":"toolu_1","name":"f","input":{}}"#),
                add(#"{"type":"input_json_delta","partial_json":""}"#),
                add(#"{"type":"input_json_delta","partial_json":"{\"a\": 1}"}"#),
                end(),
                finish("tool_use"),
                stop
            ),
            .called(#"f {"a": 1}"#, [9, 3])
        ),
        Shape(
            v,
            "a tool call whose input comes whole",
            v.events(
                start,
                begin(#"{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":1}}"#),
                end(),
                finish("tool_use"),
                stop
            ),
            .called(#"f {"a":1}"#, [9, 3])
        ),
        Shape(
            v,
            "a whole tool call",
            whole(#"{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":1}}"#, "tool_use"),
            .called(#"f {"a":1}"#, [9, 3])
        ),
        Shape(
            v,
            "citations of web pages",
            v.events(
                start,
                text,
                say("Hi"),
                add(
                    #"{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://c.example/1","title":"C","encrypted_index":"x","cited_text":"y"}}"#
                ),
                end(),
                finish("end_turn"),
                stop
            ),
            .said("Hi", [9, 3], links: ["https://c.example/1"])
        ),
        Shape(
            v,
            "an answer without a word",
            v.events(start, finish("end_turn"), stop),
            .broken("without a word")
        ),
        Shape(
            v,
            "an end without message_stop",
            v.events(start, text, say("Hi")),
            .broken("ended the answer early", after: "Hi")
        ),
        Shape(
            v,
            "a reason without message_stop",
            v.events(start, text, say("Hi"), end(), finish("end_turn")),
            .said("Hi", [9, 3])
        ),
        Shape(
            v,
            "an error within the stream",
            v.events(start, text, say("Hi"), ("error", error("api_error", "It broke"))),
            .broken("It broke", after: "Hi")
        ),
        Shape(
            v,
            400,
            error("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"),
            .tooLong(400, "213462 tokens")
        ),
        Shape(v, 413, error("request_too_large", "Request exceeds 32 MB"), .tooLong(413, "32 MB")),
        Shape(
            v,
            400,
            error("invalid_request_error", "Output blocked by content filtering policy"),
            .forbidden(400, "content filtering")
        ),
        Shape(v, 404, error("not_found_error", "model: m"), .unknown(404, "model: m")),
        Shape(v, 401, error("authentication_error", "invalid x-api-key"), .noKey),
        Shape(v, 402, error("billing_error", "Your account is empty"), .noCredit),
        Shape(
            v,
            400,
            error(
                "invalid_request_error",
                "Your credit balance is too low to access the Anthropic API."
            ),
            .noCredit
        ),
        Shape(
            v,
            429,
            ["retry-after: 9"],
            error("rate_limit_error", "Too many tokens"),
            .tooMany("Too many tokens", wait: 9)
        ),
        Shape(v, 529, error("overloaded_error", "Overloaded"), .overloaded("Overloaded")),
    ]
}
