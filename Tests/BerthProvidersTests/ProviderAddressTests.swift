import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Testing

@testable import BerthConfig
@testable import BerthProviders

/// The words of `berth doctor` about a base URL.
@Suite(.loop, .timeLimit(.minutes(20))) struct ProviderAddressTests {
    private static let list = #"{"object":"list","data":[{"id":"m"}]}"#
    private static let page = "<!DOCTYPE html><title>Home</title>"

    /// A server's answer to a path, or 404.
    private typealias Paths = [String: (status: Int, body: String)]

    @Loop private func fault(
        _ kind: Configuration.Provider.Kind,
        _ path: String,
        _ paths: Paths,
        otherwise: (status: Int, body: String) = (404, #"{"detail":"Not Found"}"#)
    ) async throws -> String? {
        var words: String?
        let client = HTTPClient(in: .quiet())
        let handler: HTTPHandler = { request in
            let answer = paths["\(request.method) \(request.path)"] ?? otherwise
            return HTTPResponse(status: answer.status, body: .bytes(Array(answer.body.utf8)))
        }
        try await withServer(handler) { url in
            let provider = Configuration.Provider(
                name: "p",
                kind: kind,
                baseURL: try #require(WebURL(url + path)),
                apiKey: Secret("sk")
            )
            let clock = ManualClock()
            let list = await ModelList.fetch(of: provider, client, by: clock)
            words = await ProviderAddress.fault(of: provider, list, client, by: clock)?
                .replacing(url, with: "HOST")
        }
        return words
    }

    @Loop
    @Test(arguments: [
        ("", "/v1", "base_url lacks '/v1'"),
        ("", "/api/v1", "base_url lacks '/api/v1'"),
        ("/gateway", "/gateway/v1", "base_url lacks '/v1'"),
        ("/v1beta", "/v1beta/openai", "base_url has another path than the API"),
        ("/v1/chat/completions", "/v1", "base_url ends in '/chat/completions'"),
        ("/v1/models", "/v1", "base_url ends in '/models'"),
        ("/v1/v1", "/v1", "the path of base_url stands twice in it"),
        ("/api/v1/api/v1", "/api/v1", "the path of base_url stands twice in it"),
        ("/api", "/v1", "base_url has another path than the API"),
    ])
    func `the address at which a list of models is, is named`(
        path: String,
        right: String,
        why: String
    ) async throws {
        for otherwise in [(404, #"{"detail":"Not Found"}"#), (200, Self.page)] {
            let words = try await fault(
                .openai,
                path,
                ["GET \(right)/models": (200, Self.list)],
                otherwise: otherwise
            )
            #expect(words?.hasPrefix(why) == true, "\(words ?? "nil")")
            #expect(words?.contains("set base_url: HOST\(right), where") == true)
        }
    }

    @Loop @Test func `the API of another vendor is named with its kind`() async throws {
        let openai = try await fault(.anthropic, "", ["GET /v1/models": (200, Self.list)])
        #expect(openai?.contains("like OpenAI's: set kind: openai and base_url: HOST/v1,") == true)
        let versioned = try await fault(
            .anthropic,
            "/v1",
            [
                "GET /v1/models": (200, Self.list), "POST /v1/messages": (400, "{}"),
            ]
        )
        #expect(versioned?.contains("ends in '/v1'") == true)
        #expect(versioned?.contains("set base_url: HOST, where") == true)
        let sure = try await fault(.openai, "/v1/chat/completions", [:], otherwise: (401, "{}"))
        #expect(sure?.contains("set base_url: HOST/v1") == true)
        let anthropic = ProviderAddress.candidates(
            .openai,
            try #require(WebURL("https://api.anthropic.com/v1"))
        )
        #expect(anthropic.first?.kind == .anthropic)
    }

    @Loop @Test func `a right address has no fault`() async throws {
        let right: Paths = ["GET /v1/models": (200, Self.list)]
        #expect(try await fault(.openai, "/v1", right) == nil)
        let claude: Paths = [
            "GET /v1/models": (200, Self.list), "POST /v1/messages": (400, "{}"),
        ]
        #expect(try await fault(.anthropic, "", claude) == nil)
        // A server without a list, whose chats are where they should be.
        for answer in [(400, "{}"), (401, "{}"), (404, #"{"error":"model not found"}"#)] {
            let paths: Paths = ["POST /v1/chat/completions": answer]
            #expect(try await fault(.openai, "/v1", paths) == nil)
        }
        #expect(try await fault(.openai, "/v1", [:], otherwise: (401, "{}")) == nil)
    }

    @Loop @Test func `an address where nothing is found is said to be wrong`() async throws {
        let nothing = try await fault(.openai, "/v2", [:])
        #expect(nothing?.contains("nothing answers at HOST/v2/chat/completions") == true)
        let page = try await fault(.openai, "/v1", [:], otherwise: (200, Self.page))
        #expect(page == nil)  // the list's answer says that it is a page
    }
}
