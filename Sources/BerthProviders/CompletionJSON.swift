import BerthHTTP
import BerthText

/// Answers in OpenAI's format, for providers with another API.
///
/// The id and model are empty. The caller sets its own with ``JSONObject/setting(_:)``.
package enum CompletionJSON {
    /// Returns an unstreamed answer.
    package static func completion(text: String, finish: String, usage: TokenUsage) -> [UInt8] {
        completion(content: JSON.quote(text), finish: finish, usage: usage)
    }

    /// Returns an unstreamed answer made of JSON values.
    ///
    /// - Parameters:
    ///   - content: the text as a JSON string, or `null`.
    ///   - calls: tool calls made by ``toolCall(id:name:arguments:index:)``.
    ///   - finish: the finish reason.
    ///   - usage: the usage; nil if the provider reported none.
    /// - Returns: the object.
    package static func completion(
        content: [UInt8],
        calls: [[UInt8]] = [],
        finish: String,
        usage: TokenUsage?
    ) -> [UInt8] {
        var out = Array(#"{"id":"","object":"chat.completion","created":0,"model":"","#.utf8)
        out += #""choices":[{"index":0,"message":{"role":"assistant","content":"#.utf8
        out += content
        out += #","refusal":null"#.utf8
        if !calls.isEmpty {
            out += #","tool_calls":["#.utf8
            out += calls.joined(separator: [UInt8(ascii: ",")])
            out += "]".utf8
        }
        out += #"},"logprobs":null,"finish_reason":"\#(finish)"}],"usage":"#.utf8
        out += (usage.map(json) ?? "null").utf8
        out += "}".utf8
        return out
    }

    /// Returns a tool call made of JSON strings.
    ///
    /// In a stream it is the start of the call, and `index` is its index among the stream's calls.
    package static func toolCall(
        id: ArraySlice<UInt8>,
        name: ArraySlice<UInt8>,
        arguments: [UInt8],
        index: Int? = nil
    ) -> [UInt8] {
        var out = Array("{".utf8)
        if let index { out += #""index":\#(index),"#.utf8 }
        out += #""id":"#.utf8
        out += id
        out += #","type":"function","function":{"name":"#.utf8
        out += name
        out += #","arguments":"#.utf8
        out += arguments
        out += "}}".utf8
        return out
    }

    /// Returns a chunk that begins a tool call made by ``toolCall(id:name:arguments:index:)``.
    package static func chunk(call: [UInt8]) -> [UInt8] {
        chunk(delta: #"{"tool_calls":["#, call[...], "]}")
    }

    /// Returns a chunk that adds `arguments`, a JSON string, to a stream's tool call.
    package static func chunk(arguments: ArraySlice<UInt8>, index: Int) -> [UInt8] {
        chunk(
            delta: #"{"tool_calls":[{"index":\#(index),"function":{"arguments":"#,
            arguments,
            "}}]}"
        )
    }

    /// Returns a chunk that adds `content`, a JSON string, to the text.
    package static func chunk(content: ArraySlice<UInt8>) -> [UInt8] {
        chunk(delta: #"{"content":"#, content, "}")
    }

    private static func chunk(
        delta head: String,
        _ value: ArraySlice<UInt8>,
        _ tail: String
    ) -> [UInt8] {
        var out = Array(self.head.utf8)
        out += #"[{"index":0,"delta":"#.utf8
        out += head.utf8
        out += value
        out += tail.utf8
        out += #","finish_reason":null}]}"#.utf8
        return out
    }

    /// Returns a chunk that adds `delta` to the text.
    package static func chunk(delta: String) -> [UInt8] {
        chunk(content: JSON.quote(delta)[...])
    }

    /// Returns the first chunk of a stream, which has the role.
    package static func firstChunk() -> [UInt8] {
        chunk(
            choices:
                #"[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]"#
        )
    }

    /// Returns the chunk that ends the text.
    package static func chunk(finish: String) -> [UInt8] {
        chunk(choices: #"[{"index":0,"delta":{},"finish_reason":"\#(finish)"}]"#)
    }

    /// Returns the chunk that contains only the usage.
    package static func chunk(usage: TokenUsage) -> [UInt8] {
        chunk(choices: "[]", more: #","usage":\#(json(usage))"#)
    }

    /// Returns the value of the `usage` member.
    package static func json(_ usage: TokenUsage) -> String {
        #"{"prompt_tokens":\#(usage.input),"completion_tokens":\#(usage.output),"#
            + #""total_tokens":\#(usage.input + usage.output)}"#
    }

    private static let head =
        #"{"id":"","object":"chat.completion.chunk","created":0,"model":"","choices":"#

    private static func chunk(choices: String, more: String = "") -> [UInt8] {
        Array("\(head)\(choices)\(more)}".utf8)
    }
}
