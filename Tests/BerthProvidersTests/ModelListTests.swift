import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthConfig

@Suite(.loop, .timeLimit(.minutes(20))) struct ModelListTests {
    @Test(arguments: [
        "gpt-4.1-mini", "llama3.2", "llama3.2:latest", "a/b", "a/b:online", "claude-haiku-4-5",
        "claude-haiku-4-5-20251001",
    ])
    func `a model is in a list under any of its names`(model: String) {
        #expect(ModelList.has(model, in: Self.names))
    }

    @Test(arguments: [
        "gpt-4.1", "gpt-4.1-min", "llama3", "claude-haiku-4", "claude-haiku", "", "a",
    ])
    func `one that only looks like it is not`(model: String) {
        #expect(!ModelList.has(model, in: Self.names))
    }

    private static let names = [
        "gpt-4.1-mini", "llama3.2:latest", "a/b", "claude-haiku-4-5-20251001",
    ]

    @Test func `the nearest of a list is named`() {
        #expect(ModelList.advice(for: "gpt-4.1-mni", in: Self.names).contains("'gpt-4.1-mini'"))
        #expect(
            ModelList.advice(for: "o9", in: Self.names)
                == "it lists gpt-4.1-mini, llama3.2:latest, a/b, claude-haiku-4-5-20251001"
        )
    }

    private static let list = #"{"object":"list","data":[{"id":"m"},{"id":7},{},{"id":"n"}]}"#

    @Loop
    @Test(arguments: [
        (200, list, ModelList.models(["m", "n"])), (200, #"{"data":[]}"#, .models([])),
        (200, "<html>", .page(title: "")),
        (200, "<!DOCTYPE html><title>Home</title>", .page(title: "Home")),
        (200, #"{"models":[]}"#, .none), (404, "{}", .none),
        (401, "{}", .refused(status: 401)), (500, "", .refused(status: 500)),
    ])
    func `a list is read as it comes`(
        status: Int,
        body: String,
        expected: ModelList
    ) async throws {
        for kind in [Configuration.Provider.Kind.openai, .anthropic] {
            let asked = Mailbox<(path: String, limit: String?, key: String?)>()
            let server = try HTTPServer(
                listen: .tcp(host: "127.0.0.1", port: 0),
                limits: .patient,
                in: .quiet()
            )
            let (pool, stop) = (TaskPool(), Stop())
            pool.spawn {
                try? await server.serve(until: stop) { request in
                    let name = kind == .openai ? "authorization" : "x-api-key"
                    asked.put((request.path, request.query("limit"), request.headers[name]))
                    return HTTPResponse(status: status, body: .bytes(Array(body.utf8)))
                }
            }
            let provider = try Self.provider(kind, "http://127.0.0.1:\(server.port)/base")
            let list = await ModelList.fetch(of: provider, client, by: ManualClock())
            #expect(list == expected)
            let question = try await asked.next("the question")
            let path = kind == .openai ? "/base/models" : "/base/v1/models"
            #expect(question.path == path)
            #expect(question.limit == (kind == .openai ? nil : "1000"))
            #expect(question.key == (kind == .openai ? "Bearer sk" : "sk"))
            stop.request()
            await pool.drain()
        }
    }

    @Loop @Test func `a provider that does not answer says why`() async throws {
        let list = await ModelList.fetch(
            of: try Self.provider(.openai, "http://127.0.0.1:9"),
            client,
            by: ManualClock()
        )
        guard case .unreachable(let reason) = list else {
            Issue.record("\(list)")
            return
        }
        #expect(reason.contains("127.0.0.1"))
    }

    @Loop private var client: HTTPClient { HTTPClient(in: .quiet()) }

    private static func provider(
        _ kind: Configuration.Provider.Kind,
        _ url: String
    ) throws -> Configuration.Provider {
        Configuration.Provider(
            name: "p",
            kind: kind,
            baseURL: try #require(WebURL(url)),
            apiKey: Secret("sk")
        )
    }
}
