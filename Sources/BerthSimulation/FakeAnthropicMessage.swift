import BerthHTTP
import BerthText

/// A request to the fake, and its whole answer, written out here by hand from Anthropic's
/// documentation: the fake shares no code with what it tests.
struct FakeMessage {
    let manner: AnthropicManner?
    let isStream: Bool
    let object: JSONObject

    init(_ object: JSONObject) {
        self.object = object
        manner = object.string("model").flatMap(AnthropicManner.init)
        isStream = object.boolean("stream") ?? false
    }

    /// The words of the answer.
    func answer(words: Int) -> [String] {
        switch manner {
        case .echo: [lastUserText]
        case .echoRequest: [String(decoding: object.bytes, as: UTF8.self)]
        case .tool: ["Looking. "]
        default: (1...max(1, words)).map { "token\($0) " }
        }
    }

    /// The names of the request's tools, as JSON strings.
    var tools: [String] {
        guard manner == .tool else { return [] }
        return (object.elements("tools") ?? []).compactMap { range in
            object.object(at: range)?.string("name").map { FakeMessage.quote($0) }
        }
    }

    /// A call's input, in pieces: the first tool's has three, the others' none, which means `{}`.
    static func input(ofTool index: Int) -> [String] {
        index == 0 ? ["", #"{"city": "Pa"#, #"ris"}"#] : [""]
    }

    var stopReason: String {
        switch manner {
        case .tool: tools.isEmpty ? "end_turn" : "tool_use"
        case .maxTokens: "max_tokens"
        case .refusal: "refusal"
        default: "end_turn"
        }
    }

    /// The usage with `output` tokens; input tokens are the messages, whatever they say.
    func usage(output: Int) -> String {
        let input = object.elements("messages")?.count ?? 0
        let cache =
            manner == .cached
            ? #","cache_creation_input_tokens":100,"cache_read_input_tokens":1000"#
            : #","cache_creation_input_tokens":0,"cache_read_input_tokens":0"#
        return #"{"input_tokens":\#(input)\#(cache),"output_tokens":\#(output)}"#
    }

    /// A message with `content`, a list, and the end of its members.
    func message(content: String, reason: String, usage: String) -> String {
        let model = FakeMessage.quote(object.string("model") ?? "")
        return #"{"id":"msg_1","type":"message","role":"assistant","model":\#(model),"#
            + #""content":\#(content),"stop_reason":\#(reason),"stop_sequence":null,"#
            + #""usage":\#(usage)}"#
    }

    func whole(words: Int) -> HTTPResponse {
        switch manner {
        case .jsonOnStream, .errorMidway, .errorAtOnce:
            return .json(Array(FakeMessage.overloaded.utf8))
        case .badJSON: return .json(Array(#"{"content": ["#.utf8))
        default: break
        }
        let text = answer(words: words)
        var blocks = [#"{"type":"text","text":\#(FakeMessage.quote(text.joined()))}"#]
        if manner == .thinking {
            blocks.insert(#"{"type":"thinking","thinking":"hm","signature":"c2ln"}"#, at: 0)
        }
        if manner == .unknown { blocks.insert(#"{"type":"new_block","new":[1]}"#, at: 0) }
        blocks += tools.enumerated().map { index, name in
            let input = FakeMessage.input(ofTool: index).joined()
            return #"{"type":"tool_use","id":"toolu_\#(index)","name":\#(name),"#
                + #""input":\#(input.isEmpty ? "{}" : input)}"#
        }
        let told = message(
            content: "[\(blocks.joined(separator: ","))]",
            reason: manner == .noReason ? "null" : #""\#(stopReason)""#,
            usage: manner == .noUsage ? "{}" : usage(output: text.count)
        )
        return .json(Array(told.utf8))
    }

    /// The error that an overloaded server puts into an answer that has begun.
    static let overloaded =
        #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#

    static func quote(_ text: String) -> String {
        String(decoding: JSON.quote(text), as: UTF8.self)
    }

    /// What is asked: the text of the user's last message.
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
