/// The shapes that many vendors of OpenAI's format share. Each is a row with the vendor's own members.
extension Shape {
    private static let usage = #"{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#

    /// A whole answer.
    static func whole(_ v: Vendor) -> Shape {
        Shape(
            v,
            "whole",
            v.whole(#"{"role":"assistant","content":"Hi é"}"#, "stop", usage),
            .said("Hi é", [9, 3])
        )
    }

    /// A streamed answer.
    static func streamed(_ v: Vendor) -> Shape {
        Shape(
            v,
            "a stream",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("Hi"),
                v.text(" é"),
                v.chunk(#"{}"#, "stop"),
                v.usage(usage)
            ),
            .said("Hi é", [9, 3])
        )
    }

    /// A streamed answer that ends at the model's limit.
    static func cut(_ v: Vendor) -> Shape {
        Shape(
            v,
            "cut at the limit",
            v.stream(
                v.chunk(#"{"role":"assistant","content":""}"#),
                v.text("The first"),
                v.chunk(#"{}"#, "length"),
                v.usage(usage)
            ),
            .said("The first", [9, 3], finish: "length")
        )
    }

    /// A whole answer with reasoning in the member `name`.
    static func wholeReasoning(_ v: Vendor, in name: String) -> Shape {
        Shape(
            v,
            "whole, with reasoning",
            v.whole(#"{"role":"assistant","content":"Hi","\#(name)":"hm"}"#, "stop", usage),
            .said("Hi", [9, 3], reasoning: "hm")
        )
    }

    /// A streamed answer with reasoning in the member `name`.
    static func streamedReasoning(_ v: Vendor, in name: String) -> Shape {
        Shape(
            v,
            "reasoning in a stream",
            v.stream(
                v.chunk(#"{"role":"assistant","content":null,"\#(name)":"hm"}"#),
                v.chunk(#"{"content":null,"\#(name)":", yes"}"#),
                v.text("Hi"),
                v.chunk(#"{}"#, "stop"),
                v.usage(usage)
            ),
            .said("Hi", [9, 3], reasoning: "hm, yes")
        )
    }

    /// A whole tool call.
    static func wholeCall(_ v: Vendor) -> Shape {
        let function = #"{"name":"f","arguments":"{\"a\":1}"}"#
        return Shape(
            v,
            "a whole tool call",
            v.whole(
                #"{"role":"assistant","content":null,"tool_calls":["#
                    + #"{"id":"c1","type":"function","function":\#(function)}]}"#,
                "tool_calls",
                usage
            ),
            .called(#"f {"a":1}"#, [9, 3])
        )
    }

    /// A tool call whose arguments come after its name.
    static func streamedCall(_ v: Vendor) -> Shape {
        let begun =
            #"{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}"#
        return Shape(
            v,
            "a tool call in a stream",
            v.stream(
                v.chunk(#"{"role":"assistant","content":null,"tool_calls":[\#(begun)]}"#),
                v.chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":1}"}}]}"#),
                v.chunk(#"{}"#, "tool_calls"),
                v.usage(usage)
            ),
            .called(#"f {"a":1}"#, [9, 3])
        )
    }

    /// A tool call that comes whole in one chunk.
    static func callInOneChunk(_ v: Vendor) -> Shape {
        let call =
            #"{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}"#
        return Shape(
            v,
            "a tool call in one chunk",
            v.stream(
                v.chunk(#"{"role":"assistant","content":"","tool_calls":[\#(call)]}"#),
                v.chunk(#"{}"#, "tool_calls"),
                v.usage(usage)
            ),
            .called(#"f {"a":1}"#, [9, 3])
        )
    }
}
