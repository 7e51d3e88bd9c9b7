import BerthHTTP
import BerthLoop
import BerthMemory
import BerthSimulation
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

@testable import BerthConfig
@testable import BerthProviders

/// The forms in which servers refuse a member.
enum Refusals {
    static func all(_ name: String) -> [HTTPResponse] {
        [
            .refusal("Unknown parameter: '\(name)'."),
            body(
                422,
                #"{"detail":[{"type":"extra_forbidden","loc":["body","\#(name)"],"msg":"Extra inputs are not permitted"}]}"#
            ),
            body(
                400,
                #"{"error":{"message":"Unknown parameter.","param":"\#(name)","code":"unknown_parameter"}}"#
            ),
            body(
                400,
                #"[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"\#(name)\"","status":"INVALID_ARGUMENT"}}]"#
            ),
            body(
                500,
                #"{"object":"error","message":"unexpected keyword argument '\#(name)'","code":50001}"#
            ),
            body(400, "json: unknown field \"\(name)\""),
            body(200, #"{"error":{"message":"\#(name) is not supported"}}"#),
            body(200, "data: {\"error\":{\"message\":\"\(name) is not supported\"}}\n\n"),
        ]
    }

    private static func body(_ status: Int, _ text: String) -> HTTPResponse {
        let type = text.hasPrefix("data:") ? "text/event-stream" : "application/json"
        return HTTPResponse(
            status: status,
            headers: ["content-type": type],
            body: .bytes(Array(text.utf8))
        )
    }
}

extension HTTPResponse {
    static func refusal(_ words: String) -> HTTPResponse { .error(400, words) }

    /// The refusal of a member that the server does not know, or of a request without one.
    static func unknown(_ name: String?) -> HTTPResponse? {
        name.map { .refusal("Unknown parameter: '\($0)'.") }
    }
}

extension JSONObject {
    /// The names of output limits that a request has.
    var limits: [String] {
        Quirks.OutputLimit.allCases.map(\.rawValue).filter { has($0) }
    }

    /// The roles of a request's messages.
    var sentRoles: [String] {
        (elements("messages") ?? []).compactMap { object(at: $0)?.string("role") }
    }
}

extension ProviderError {
    func isRefusal(saying words: String) -> Bool {
        guard case .refused(_, _, let message, _) = self else { return false }
        return message.contains(words)
    }
}

/// The requests that a server refuses.
struct Refusing {
    /// The refusal of a request, or nil if it is answered.
    let refusal: @Loop (JSONObject) -> HTTPResponse?

    init(_ refusal: @escaping @Loop (JSONObject) -> HTTPResponse?) { self.refusal = refusal }
}

/// A server that refuses some requests and answers the others.
@Loop final class StrictServer {
    let asker = Asker()
    let book = QuirkBook()
    fileprivate(set) var bodies: [JSONObject] = []
    fileprivate var provider: OpenAIProvider?
    private let refusing: Refusing
    private let words: [String]

    init(_ refusing: Refusing, words: [String]) {
        self.refusing = refusing
        self.words = words
    }

    var last: JSONObject? { bodies.last }

    /// Asks for an answer of at most 100 tokens.
    func ask(
        messages: String = #"[{"role":"user","content":"hi there"}]"#,
        more: String = "",
        isStream: Bool = false,
        isOwn: Bool = false
    ) async -> Told {
        guard var call = try? asker.call(messages: messages, more: more), let provider else {
            return Told()
        }
        call.isOwn = isOwn
        return isStream
            ? await asker.stream(provider, call) : await asker.complete(provider, call)
    }

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        guard let bytes = try? await request.body.collect(atMost: .mebibytes(1)),
            let object = try? JSONObject(bytes)
        else { return .error(400, "no object") }
        bodies.append(object)
        if let refusal = refusing.refusal(object) { return refusal }
        let usage = TokenUsage(input: 3, output: words.count, isEstimated: false)
        guard object.boolean("stream") == true else {
            let text = words.joined()
            return .json(CompletionJSON.completion(text: text, finish: "stop", usage: usage))
        }
        let chunks =
            words.map { CompletionJSON.chunk(delta: $0) } + [CompletionJSON.chunk(finish: "stop")]
        let events = chunks.flatMap { SSE.event($0) } + Array("data: [DONE]\n\n".utf8)
        return HTTPResponse(
            status: 200,
            headers: ["content-type": "text/event-stream"],
            body: .bytes(events)
        )
    }
}

/// Runs `test` against a server that answers `words` unless they are refused.
@Loop func withStrict(
    _ refusing: Refusing,
    words: [String] = ["fine"],
    quirks: Quirks = Quirks(),
    _ test: @Loop (StrictServer) async throws -> Void
) async throws {
    let strict = StrictServer(refusing, words: words)
    let handler: HTTPHandler = { await strict.answer($0) }
    try await withServer(handler) { url in
        var settings = Configuration.Provider(
            name: "fake",
            kind: .openai,
            baseURL: try #require(WebURL(url + "/v1")),
            apiKey: nil
        )
        settings.quirks = quirks
        strict.provider = OpenAIProvider(
            settings,
            client: strict.asker.client,
            quirks: strict.book,
            in: .quiet(strict.asker.clock)
        )
        try await test(strict)
    }
}
