import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

/// A request to ``FakeOpenAI``, and its unstreamed answer.
struct FakeOpenAIRequest {
    var behavior: FakeOpenAIBehavior?
    let isStream: Bool
    let object: JSONObject

    init(_ object: JSONObject) {
        self.object = object
        behavior = object.string("model").flatMap(FakeOpenAIBehavior.init)
        isStream = object.boolean("stream") ?? false
    }

    /// Returns the answer's text as pieces, one a chunk.
    func answer(words: Int) -> [String] {
        switch behavior {
        case .echo: [lastUserText]
        case .echoRequest: [String(decoding: object.bytes, as: UTF8.self)]
        case .cutCharacter: ["half a character: "]
        default: (1...max(1, words)).map { "token\($0) " }
        }
    }

    func usage(words: Int) -> TokenUsage {
        TokenUsage(input: TokenEstimate.input(of: object), output: words, isEstimated: false)
    }

    func completion(words: Int) -> HTTPResponse {
        if behavior == .jsonOnStream || behavior == .errorMidway {
            return .json(Array(#"{"error":{"message":"the fake fails","code":500}}"#.utf8))
        }
        if behavior == .badJSON { return .json(Array("{\"choices\": [".utf8)) }
        let text = answer(words: words)
        let json = CompletionJSON.completion(
            text: text.joined(),
            finish: "stop",
            usage: usage(words: text.count)
        )
        if behavior == .noUsage, let object = try? JSONObject(json) {
            return .json(object.setting(["usage": nil]))
        }
        return .json(behavior == .tool ? toolCall : json)
    }

    /// A completion that calls the request's first tool without arguments.
    private var toolCall: [UInt8] {
        let call =
            #"{"id":"call_1","type":"function","function":{"name":"\#(toolName)","arguments":"{}"}}"#
        let message = #"{"role":"assistant","content":null,"tool_calls":[\#(call)]}"#
        let usage = CompletionJSON.json(usage(words: 5))
        return Array(
            (#"{"id":"c","object":"chat.completion","created":0,"model":"m","choices":[{"index":0,"#
                + #""message":\#(message),"finish_reason":"tool_calls"}],"usage":\#(usage)}"#).utf8
        )
    }

    /// The same tool call as stream chunks.
    var toolChunks: [[UInt8]] {
        let head =
            #"{"id":"c","object":"chat.completion.chunk","created":0,"model":"m","choices":[{"index":0,"#
        let first =
            #""delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","type":"function","#
            + #""function":{"name":"\#(toolName)","arguments":""}}]},"finish_reason":null}]}"#
        let second =
            #""delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"finish_reason":null}]}"#
        let last = #""delta":{},"finish_reason":"tool_calls"}]}"#
        return [first, second, last].map { Array((head + $0).utf8) }
    }

    private var toolName: String {
        let tool = object.elements("tools")?.first.flatMap { object.object(at: $0) }
        return tool?.object("function")?.string("name") ?? "none"
    }

    /// The text of the last user message, or of its parts.
    var lastUserText: String {
        for range in (object.elements("messages") ?? []).reversed() {
            guard let message = object.object(at: range), message.string("role") == "user" else {
                continue
            }
            if let text = message.string("content") { return text }
            let parts = (message.elements("content") ?? []).map { message.object(at: $0) }
            return parts.compactMap { $0?.string("text") }.joined()
        }
        return ""
    }
}
