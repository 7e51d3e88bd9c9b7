import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import BerthText
import Testing

@testable import BerthConfig
@testable import BerthProviders

/// Requests to servers of the Messages API that refuse a part of Berth's own, over real connections.
@Suite(.loop, .timeLimit(.minutes(20))) struct AnthropicQuirkTests {
    /// A server that refuses some requests and answers the others.
    @Loop private final class Server {
        let asker = Asker()
        let book = QuirkBook()
        var bodies: [JSONObject] = []
        var provider: AnthropicProvider?
        let refusal: (JSONObject) -> String?

        init(_ refusal: @escaping (JSONObject) -> String?) { self.refusal = refusal }

        func ask(
            more: String = "",
            output: Int = 100,
            isStream: Bool = false
        ) async throws -> Told {
            let provider = try #require(provider)
            let call = try asker.call(more: more, output: output)
            return isStream
                ? await asker.stream(provider, call) : await asker.complete(provider, call)
        }

        func answer(_ request: HTTPRequest) async -> HTTPResponse {
            guard let bytes = try? await request.body.collect(atMost: .mebibytes(1)),
                let body = try? JSONObject(bytes)
            else { return .error(400, "no object") }
            bodies.append(body)
            if let words = refusal(body) {
                let message = String(decoding: JSON.quote(words), as: UTF8.self)
                let error = #"{"type":"invalid_request_error","message":\#(message)}"#
                return reply(400, "application/json", #"{"type":"error","error":\#(error)}"#)
            }
            let usage = #""usage":{"input_tokens":3,"output_tokens":1}"#
            guard body.boolean("stream") == true else {
                let content = #""content":[{"type":"text","text":"fine"}]"#
                let message = #"{"type":"message","role":"assistant",\#(content),"#
                return reply(
                    200,
                    "application/json",
                    message + #""stop_reason":"end_turn",\#(usage)}"#
                )
            }
            let text = #""delta":{"type":"text_delta","text":"fine"}"#
            let events = [
                #"{"type":"message_start","message":{\#(usage)}}"#,
                #"{"type":"content_block_delta","index":0,\#(text)}"#,
                #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},\#(usage)}"#,
                #"{"type":"message_stop"}"#,
            ]
            let stream = events.map { "data: \($0)\n\n" }.joined()
            return reply(200, "text/event-stream", stream)
        }

        private func reply(_ status: Int, _ type: String, _ body: String) -> HTTPResponse {
            HTTPResponse(
                status: status,
                headers: ["content-type": type],
                body: .bytes(Array(body.utf8))
            )
        }
    }

    /// The words with which a server refuses a request, or nil if it takes it.
    private struct Refusal {
        let words: (JSONObject) -> String?
    }

    /// Runs `test` against a server that refuses a request with the words of `refusal`.
    @Loop private func withServer(
        quirks: Quirks = Quirks(),
        refusing refusal: Refusal,
        _ test: @Loop (Server) async throws -> Void
    ) async throws {
        let server = Server(refusal.words)
        let handler: HTTPHandler = { await server.answer($0) }
        try await BerthProvidersTests.withServer(handler) { url in
            var settings = Configuration.Provider(
                name: "fake",
                kind: .anthropic,
                baseURL: try #require(WebURL(url)),
                apiKey: nil
            )
            settings.quirks = quirks
            server.provider = AnthropicProvider(
                settings,
                client: server.asker.client,
                quirks: server.book,
                in: .quiet(server.asker.clock)
            )
            try await test(server)
        }
    }

    @Loop
    @Test(arguments: [
        "metadata: Extra inputs are not permitted",
        "metadata.user_id: Extra inputs are not permitted",
        "Unknown parameter: 'metadata'.", "unknown field \"user_id\"",
    ])
    func `the tenant's pseudonym is left out where it is refused, and from then on`(
        words: String
    ) async throws {
        for isStream in [true, false] {
            try await withServer(refusing: Refusal(words: { $0.has("metadata") ? words : nil })) {
                server in
                for _ in 1...2 {
                    let told = try await server.ask(more: #","user":"ann""#, isStream: isStream)
                    #expect(told.text == "fine" && told.error == nil)
                }
                #expect(server.bodies.map { $0.has("metadata") } == [true, false, false])
                #expect(server.book.entries.first?.quirks.without == [.user])
            }
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a limit above the model's own is lowered, and the lower one is remembered`(
        isStream: Bool
    ) async throws {
        let words = "max_tokens: 100 > 64, which is the maximum allowed number of output tokens"
        try await withServer(
            refusing: Refusal(words: { ($0.integer("max_tokens") ?? 0) > 64 ? words : nil })
        ) {
            server in
            for _ in 1...2 {
                let told = try await server.ask(isStream: isStream)
                #expect(told.text == "fine" && told.error == nil)
            }
            #expect(server.bodies.map { $0.integer("max_tokens") } == [100, 64, 64])
            // A client's own limit is the client's to change.
            let own = try await server.ask(more: #","max_tokens":100"#, isStream: isStream)
            #expect(own.error?.isRefusal(saying: "100 > 64") == true)
        }
    }

    @Loop @Test func `a server without streams is asked for a whole answer`() async throws {
        let words = "stream: streaming is not supported"
        try await withServer(
            refusing: Refusal(words: { $0.boolean("stream") == true ? words : nil })
        ) { server in
            for _ in 1...2 {
                let told = try await server.ask(isStream: true)
                #expect(told.text == "fine" && told.finish == "stop" && told.error == nil)
            }
            #expect(server.bodies.map { $0.boolean("stream") == true } == [true, false, false])
        }
    }

    @Loop @Test func `the limit always reaches the server, whatever it refuses`() async throws {
        let words = "max_tokens: Extra inputs are not permitted"
        try await withServer(refusing: Refusal(words: { $0.has("max_tokens") ? words : nil })) {
            server in
            let told = try await server.ask()
            #expect(told.error?.isRefusal(saying: "Extra inputs") == true)
            let sent = server.bodies.allSatisfy { $0.has("max_tokens") }
            #expect(sent && server.book.entries.isEmpty)
        }
    }

    @Loop
    @Test(arguments: [
        "messages: at least one message is required", "temperature: range: 0..1",
        "tools.0.name: String should match pattern",
    ])
    func `a refusal of the client's own members is told after one request`(
        words: String
    ) async throws {
        try await withServer(refusing: Refusal(words: { _ in words })) { server in
            let told = try await server.ask(more: #","user":"ann""#)
            #expect(told.error?.isRefusal(saying: words) == true)
            #expect(server.bodies.count == 1 && server.book.entries.isEmpty)
        }
    }

    @Loop @Test func `configured quirks are known from the first request on`() async throws {
        var quirks = Quirks()
        quirks.leaveOut(.user)
        quirks.mostOutput = 50
        try await withServer(quirks: quirks, refusing: Refusal(words: { _ in nil })) { server in
            _ = try await server.ask(more: #","user":"ann""#, isStream: true)
            let sent = try #require(server.bodies.first)
            #expect(!sent.has("metadata") && sent.integer("max_tokens") == 50)
        }
    }
}
