import BerthHTTP
import BerthText

/// A request to ``FakeAnthropic``, and its unstreamed answer.
///
/// The JSON is written out by hand from Anthropic's documentation, so that the fake shares no code
/// with the provider it tests.
struct FakeAnthropicRequest {
    let behavior: FakeAnthropicBehavior?
    let isStream: Bool
    let object: JSONObject

    init(_ object: JSONObject) {
        self.object = object
        behavior = object.string("model").flatMap(FakeAnthropicBehavior.init)
        isStream = object.boolean("stream") ?? false
    }

    /// Returns the answer's text as pieces, one a delta.
    func answer(words: Int) -> [String] {
        switch behavior {
        case .echo: [lastUserText]
        case .echoRequest: [String(decoding: object.bytes, as: UTF8.self)]
        case .tool: ["Looking. "]
        default: (1...max(1, words)).map { "token\($0) " }
        }
    }

    /// The names of the request's tools, as JSON strings.
    var tools: [String] {
        guard behavior == .tool else { return [] }
        return (object.elements("tools") ?? []).compactMap { range in
            object.object(at: range)?.string("name").map { FakeAnthropicRequest.quote($0) }
        }
    }

    /// Returns a tool call's input as JSON fragments.
    ///
    /// The first tool's input has three; the others' is empty, which means `{}`.
    static func input(ofTool index: Int) -> [String] {
        index == 0 ? ["", #"{"city": "Pa"#, #"ris"}"#] : [""]
    }

    var stopReason: String {
        switch behavior {
        case .tool: tools.isEmpty ? "end_turn" : "tool_use"
        case .maxTokens: "max_tokens"
        case .refusal: "refusal"
        default: "end_turn"
        }
    }

    /// Returns the usage object with `output` output tokens.
    ///
    /// Each message counts as one input token.
    func usage(output: Int) -> String {
        let input = object.elements("messages")?.count ?? 0
        let cache =
            behavior == .cached
            ? #","cache_creation_input_tokens":100,"cache_read_input_tokens":1000"#
            : #","cache_creation_input_tokens":0,"cache_read_input_tokens":0"#
        return #"{"input_tokens":\#(input)\#(cache),"output_tokens":\#(output)}"#
    }

    /// Makes a message object.
    ///
    /// - Parameters:
    ///   - content: the JSON list of content blocks.
    ///   - reason: the stop reason as JSON, such as `"end_turn"` in quotes or `null`.
    ///   - usage: the JSON usage object.
    /// - Returns: the object as JSON.
    func message(content: String, reason: String, usage: String) -> String {
        let model = FakeAnthropicRequest.quote(object.string("model") ?? "")
        return #"{"id":"msg_1","type":"message","role":"assistant","model":\#(model),"#
            + #""content":\#(content),"stop_reason":\#(reason),"stop_sequence":null,"#
            + #""usage":\#(usage)}"#
    }

    func whole(words: Int) -> HTTPResponse {
        switch behavior {
        case .jsonOnStream, .errorMidway, .errorAtOnce:
            return .json(Array(FakeAnthropicRequest.overloaded.utf8))
        case .badJSON: return .json(Array(#"{"content": ["#.utf8))
        default: break
        }
        let text = answer(words: words)
        var blocks = [#"{"type":"text","text":\#(FakeAnthropicRequest.quote(text.joined()))}"#]
        if behavior == .thinking {
            blocks.insert(#"{"type":"thinking","thinking":"hm","signature":"c2ln"}"#, at: 0)
        }
        if behavior == .unknown { blocks.insert(#"{"type":"new_block","new":[1]}"#, at: 0) }
        blocks += tools.enumerated().map { index, name in
            let input = FakeAnthropicRequest.input(ofTool: index).joined()
            return #"{"type":"tool_use","id":"toolu_\#(index)","name":\#(name),"#
                + #""input":\#(input.isEmpty ? "{}" : input)}"#
        }
        let json = message(
            content: "[\(blocks.joined(separator: ","))]",
            reason: behavior == .noReason ? "null" : #""\#(stopReason)""#,
            usage: behavior == .noUsage ? "{}" : usage(output: text.count)
        )
        return .json(Array(json.utf8))
    }

    /// The error that an overloaded server sends in an answer that has begun.
    static let overloaded =
        #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#

    static func quote(_ text: String) -> String {
        String(decoding: JSON.quote(text), as: UTF8.self)
    }

    /// The text of the last user message; empty if there is none.
    var lastUserText: String {
        for range in (object.elements("messages") ?? []).reversed() {
            guard let message = object.object(at: range), message.string("role") == "user" else {
                continue
            }
            if let text = message.string("content") { return text }
            let blocks = (message.elements("content") ?? []).compactMap { message.object(at: $0) }
            return blocks.compactMap { $0.string("text") }.joined(separator: "\n")
        }
        return ""
    }
}
