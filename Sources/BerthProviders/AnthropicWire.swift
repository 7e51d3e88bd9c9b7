import BerthHTTP
import BerthText

/// The translation of answers of Anthropic's Messages API to OpenAI's chat completions.
///
/// Blocks of unknown types, redacted thinking and unknown members are ignored.
/// Source: <https://platform.claude.com/docs/en/api/messages>, as of 2026-11.
enum AnthropicWire {
    /// Returns the finish reason for a `stop_reason`.
    ///
    /// An unknown one becomes `stop`.
    static func finish(_ reason: String) -> String {
        switch reason {
        case "max_tokens", "model_context_window_exceeded": "length"
        case "tool_use": "tool_calls"
        case "refusal": "content_filter"
        default: "stop"  // end_turn, stop_sequence, pause_turn
        }
    }

    /// Translates an unstreamed message to a chat completion; nil if it is not a message.
    static func completion(_ message: JSONObject) -> [UInt8]? {
        guard let content = message.elements("content"),
            let reason = message.string("stop_reason")?.cut(toBytes: 64)
        else { return nil }
        let quote = UInt8(ascii: "\"")
        var (text, thinking) = ([quote], [quote])
        var (calls, notes): ([[UInt8]], [[UInt8]]) = ([], [])
        for range in content {
            guard let block = message.object(at: range) else { continue }
            switch block.word("type") {
            case "text":
                text += block.quoted("text")?.dropFirst().dropLast() ?? []
                for range in block.elements("citations") ?? [] {
                    if let note = block.object(at: range).flatMap(annotation) { notes.append(note) }
                }
            case "thinking": thinking += block.quoted("thinking")?.dropFirst().dropLast() ?? []
            default: if let call = toolCall(block) { calls.append(call) }
            }
        }
        text.append(quote)
        thinking.append(quote)
        var usage = AnthropicUsage()
        usage.update(message.object("usage"))
        return CompletionJSON.completion(
            content: text.count == 2 && !calls.isEmpty ? Array("null".utf8) : text,
            calls: calls,
            notes: (thinking.count > 2 ? thinking : nil, notes),
            finish: finish(reason),
            usage: usage.isComplete ? usage.tokens : nil
        )
    }

    /// Returns an annotation in OpenAI's form for the citation of a web page; nil for any other.
    static func annotation(_ citation: JSONObject) -> [UInt8]? {
        guard let url = citation.quoted("url") else { return nil }
        return Array(#"{"type":"url_citation","url_citation":{"url":"#.utf8) + url
            + Array(#","title":"#.utf8) + (citation.quoted("title") ?? Array(#""""#.utf8)[...])
            + Array("}}".utf8)
    }

    private static func toolCall(_ block: JSONObject) -> [UInt8]? {
        guard block.word("type") == "tool_use", let id = block.quoted("id"),
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

extension JSONObject {
    /// Returns the bytes of a string member with its quotes; nil if it is missing or not a string.
    func quoted(_ name: String) -> ArraySlice<UInt8>? {
        value(name).flatMap { $0.first == UInt8(ascii: "\"") ? $0 : nil }
    }
}
