import BerthHTTP
import BerthText

/// What Anthropic's Messages answer, in the words of OpenAI's chat completions.
///
/// Read tolerantly: blocks of unknown types, hidden thinking and new members are passed over.
/// Source: <https://platform.claude.com/docs/en/api/messages>, as of 2026-11.
enum AnthropicWire {
    /// The finish reason for a `stop_reason`; new ones are an end like any other.
    static func finish(_ reason: String) -> String {
        switch reason {
        case "max_tokens", "model_context_window_exceeded": "length"
        case "tool_use": "tool_calls"
        case "refusal": "content_filter"
        default: "stop"  // end_turn, stop_sequence, pause_turn
        }
    }

    /// A whole message as a chat completion; nil when it is no message.
    static func completion(_ message: JSONObject) -> [UInt8]? {
        guard let content = message.elements("content"), let reason = message.string("stop_reason")
        else { return nil }
        var text = [UInt8(ascii: "\"")]
        var calls: [[UInt8]] = []
        for range in content {
            let block = message.object(at: range)
            if block?.string("type") == "text" {
                text += block?.quoted("text")?.dropFirst().dropLast() ?? []
            } else if let call = block.flatMap({ toolCall($0) }) {
                calls.append(call)
            }
        }
        text.append(UInt8(ascii: "\""))
        var usage = AnthropicUsage()
        usage.update(message.object("usage"))
        return CompletionJSON.completion(
            content: text.count == 2 && !calls.isEmpty ? Array("null".utf8) : text,
            calls: calls,
            finish: finish(reason),
            usage: usage.tokens
        )
    }

    private static func toolCall(_ block: JSONObject) -> [UInt8]? {
        guard block.string("type") == "tool_use", let id = block.quoted("id"),
            let name = block.quoted("name")
        else { return nil }
        let input = block.value("input") ?? Array("{}".utf8)[...]
        return CompletionJSON.toolCall(
            id: id,
            name: name,
            arguments: JSON.quote(String(decoding: input, as: UTF8.self))
        )
    }
}

/// The tokens of a message as they are told, each figure replacing the one before.
struct AnthropicUsage {
    private var input: Int?
    private var cacheWritten = 0
    private var cacheRead = 0
    private var output: Int?

    /// Takes what `usage` says; a stream's first is provisional, as its output is not final.
    mutating func update(_ usage: JSONObject?, isProvisional: Bool = false) {
        func read(_ name: String) -> Int? { usage?.integer(name).map(OpenAIWire.bounded) }
        input = read("input_tokens") ?? input
        cacheWritten = read("cache_creation_input_tokens") ?? cacheWritten
        cacheRead = read("cache_read_input_tokens") ?? cacheRead
        if !isProvisional { output = read("output_tokens") ?? output }
    }

    /// In all; nil while one side is unknown.
    ///
    /// Anthropic's `input_tokens` leave out what the cache holds.
    var tokens: TokenUsage? {
        guard let input, let output else { return nil }
        return TokenUsage(
            input: OpenAIWire.bounded(input + cacheWritten + cacheRead),
            output: output,
            isEstimated: false
        )
    }
}

extension JSONObject {
    /// The bytes of a member that is a string, with its quotes; nil when it is missing or something
    /// else.
    func quoted(_ name: String) -> ArraySlice<UInt8>? {
        value(name).flatMap { $0.first == UInt8(ascii: "\"") ? $0 : nil }
    }
}
