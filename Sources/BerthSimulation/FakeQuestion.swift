import BerthHTTP
import BerthLoop
import BerthProviders
import BerthText

/// How the fake answers when the model's name says so.
enum Manner: String, CaseIterable {
    /// Answers with the last user message.
    case echo
    /// Answers with the request's own JSON, to see what was passed on.
    case echoRequest = "echo-request"
    /// Answers with a call of the request's first tool.
    case tool
    /// Takes the request and never answers.
    case silence
    /// Streams byte by byte, 1 ms apart.
    case drip
    /// Ends the connection in the middle of an event.
    case cutEvent = "cut-event"
    /// Ends the connection in the middle of a character.
    case cutCharacter = "cut-utf8"
    /// Ends the stream well, but without a finish reason or `[DONE]`.
    case noDone = "no-done"
    /// Ends the stream with a finish reason, but without `[DONE]`.
    case noDoneButFinish = "no-done-finish"
    /// Answers a stream with status 200 and a JSON error.
    case jsonOnStream = "json-on-stream"
    /// Streams some words and then an error event.
    case errorMidway = "error-midway"
    /// Streams a line of 2 MiB.
    case hugeLine = "huge-line"
    /// Streams 5,000 comments before the answer.
    case comments
    /// Streams what is no JSON.
    case badJSON = "bad-json"
    /// Answers without ever saying the usage.
    case noUsage = "no-usage"
    /// 429 with `Retry-After: 0`.
    case tooManyNow = "429-0"
    /// 429 with `Retry-After: 2`.
    case tooMany = "429"
    /// 429 with `Retry-After: 2`, after the pace's delay, until ``refusing`` after the first of them;
    /// then it answers.
    case tooManyAtFirst = "429-5s"
    /// 429 with `Retry-After: 1.5`.
    case tooManyFraction = "429-float"
    /// 429 with a date 3 seconds ahead.
    case tooManyDate = "429-date"
    /// 429 with `Retry-After: 121`.
    case tooManyLong = "429-long"
    /// 429 that means an empty account.
    case noCredit = "no-credit"
    /// 401 that repeats the key, as careless servers do.
    case badKey = "401"
    /// 400: the prompt is too long.
    case tooLong = "too-long"
    /// 404: there is no such model.
    case unknownModel = "404"
    /// 500.
    case broken = "500"
    /// 502 with a page of HTML.
    case gateway = "502"
    /// 529, overloaded.
    case overloaded = "529"

    /// How long ``tooManyAtFirst`` refuses.
    static let refusing = Duration.seconds(5)

    /// The answer of a manner that refuses every request, at once; nil for the others.
    func refusal(now: Timestamp) -> HTTPResponse? {
        switch self {
        case .tooManyNow: limited("0")
        case .tooMany: limited("2")
        case .tooManyFraction: limited("1.5")
        case .tooManyDate: limited(HTTPDate.text(now + .seconds(3)))
        case .tooManyLong: limited("121")
        case .noCredit:
            .error(
                429,
                "You exceeded your quota",
                type: "insufficient_quota",
                code: "insufficient_quota"
            )
        case .badKey:
            .error(401, "Incorrect API key provided: sk-fake-leak", code: "invalid_api_key")
        case .tooLong:
            .error(400, "This model's maximum context is 8 tokens", code: "context_length_exceeded")
        case .unknownModel: .error(404, "There is no such model", code: "model_not_found")
        case .broken: .error(500, "The fake is broken")
        case .gateway:
            HTTPResponse(
                status: 502,
                headers: ["content-type": "text/html"],
                body: .bytes(Array("<html><h1>502 Bad Gateway</h1></html>".utf8))
            )
        case .overloaded: .error(529, "Overloaded")
        default: nil
        }
    }

    private func limited(_ retryAfter: String) -> HTTPResponse {
        var response = HTTPResponse.error(429, "Too many requests", code: "rate_limit_exceeded")
        response.headers["retry-after"] = retryAfter
        return response
    }
}

/// A request to the fake.
struct FakeQuestion {
    let manner: Manner?
    let isStream: Bool
    let object: JSONObject

    init(_ object: JSONObject) {
        self.object = object
        manner = object.string("model").flatMap(Manner.init)
        isStream = object.boolean("stream") ?? false
    }

    /// The words of the answer.
    func answer(words: Int) -> [String] {
        switch manner {
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
        if manner == .jsonOnStream || manner == .errorMidway {
            return .json(Array(#"{"error":{"message":"the fake fails","code":500}}"#.utf8))
        }
        if manner == .badJSON { return .json(Array("{\"choices\": [".utf8)) }
        let text = answer(words: words)
        let json = CompletionJSON.completion(
            text: text.joined(),
            finish: "stop",
            usage: usage(words: text.count)
        )
        if manner == .noUsage, let object = try? JSONObject(json) {
            return .json(object.setting(["usage": nil]))
        }
        return .json(manner == .tool ? toolCall : json)
    }

    /// An answer that calls the request's first tool with no arguments.
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

    /// The same as chunks.
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

    /// What is asked: the last message of the user; empty where it is no text.
    var lastUserText: String {
        for range in (object.elements("messages") ?? []).reversed() {
            guard let message = object.object(at: range), message.string("role") == "user" else {
                continue
            }
            return message.string("content") ?? ""
        }
        return ""
    }
}
