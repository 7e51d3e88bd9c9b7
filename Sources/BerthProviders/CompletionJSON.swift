import BerthHTTP

/// Answers in OpenAI's shape, for providers that do not speak it.
///
/// The id and model are blank: whoever passes an answer on sets its own (``JSONObject/setting(_:)``).
package enum CompletionJSON {
    /// A whole answer.
    package static func completion(text: String, finish: String, usage: TokenUsage) -> [UInt8] {
        let message = #"{"role":"assistant","content":\#(quoted(text)),"refusal":null}"#
        let choice =
            #"{"index":0,"message":\#(message),"logprobs":null,"finish_reason":"\#(finish)"}"#
        return Array(
            #"{"id":"","object":"chat.completion","created":0,"model":"","choices":[\#(choice)],"#
                .utf8
        ) + Array(#""usage":\#(json(usage))}"#.utf8)
    }

    /// A chunk that adds `delta` to the text.
    package static func chunk(delta: String) -> [UInt8] {
        chunk(choices: #"[{"index":0,"delta":{"content":\#(quoted(delta))},"finish_reason":null}]"#)
    }

    /// A chunk that names the role: the first of a stream.
    package static func firstChunk() -> [UInt8] {
        chunk(
            choices:
                #"[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]"#
        )
    }

    /// The chunk that ends the text.
    package static func chunk(finish: String) -> [UInt8] {
        chunk(choices: #"[{"index":0,"delta":{},"finish_reason":"\#(finish)"}]"#)
    }

    /// The chunk that says nothing but the usage.
    package static func chunk(usage: TokenUsage) -> [UInt8] {
        chunk(choices: "[]", more: #","usage":\#(json(usage))"#)
    }

    /// The usage member's value.
    package static func json(_ usage: TokenUsage) -> String {
        #"{"prompt_tokens":\#(usage.input),"completion_tokens":\#(usage.output),"#
            + #""total_tokens":\#(usage.input + usage.output)}"#
    }

    private static func chunk(choices: String, more: String = "") -> [UInt8] {
        let head = #"{"id":"","object":"chat.completion.chunk","created":0,"model":"","choices":"#
        return Array("\(head)\(choices)\(more)}".utf8)
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: JSON.quote(text), as: UTF8.self)
    }
}
