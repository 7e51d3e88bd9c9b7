import BerthConfig
import BerthHTTP
import BerthLoop
import BerthTestKit
import BerthText
import Testing

@testable import BerthChannels

/// Pages of other origins that use the API.
@Suite(.loop, .timeLimit(.minutes(20))) struct CrossOriginTests {
    private static let page = "https://app.example"
    private static let listed = Setup { $0.cors = [page, "app://obsidian.md"] }

    private static func preflight(
        _ origin: String,
        _ fields: String = "authorization,content-type, x-stainless-os"
    ) -> [(String, String)] {
        [
            ("origin", origin), ("access-control-request-method", "POST"),
            ("access-control-request-headers", fields),
        ]
    }

    @Loop
    @Test(arguments: ["/v1/chat/completions", "/v1/models", "/models", "/v1/v1/embeddings"])
    func `a listed page may ask, and is never given credentials`(path: String) async throws {
        try await withBot(Self.listed) { bot in
            for origin in [Self.page, "app://obsidian.md"] {
                let answer = try await bot.ask("OPTIONS", path, "", Self.preflight(origin))
                #expect(answer.status == 204)
                #expect(answer.headers["access-control-allow-origin"] == origin)
                #expect(answer.headers["access-control-allow-methods"] == "GET, POST")
                #expect(
                    answer.headers["access-control-allow-headers"]
                        == "authorization, content-type, x-stainless-os"
                )
                #expect(answer.headers["access-control-allow-credentials"] == nil)
                #expect(answer.headers["vary"] == "Origin")
            }
        }
    }

    @Loop @Test func `a page reads answers and errors`() async throws {
        try await withBot(Self.listed) { bot in
            let origin = [("origin", Self.page)]
            let models = try await bot.ask("GET", "/v1/models", "", as: .key(bot.key), origin)
            let stranger = try await bot.ask("GET", "/v1/models", "", as: .nobody, origin)
            let missing = try await bot.ask("POST", "/v1/responses", "", as: .nobody, origin)
            let stream = try await bot.send(
                "POST",
                "/v1/chat/completions",
                Array(
                    #"{"model":"fake/echo","stream":true,"messages":[{"role":"user","content":"x"}]}"#
                        .utf8
                ),
                as: .key(bot.key),
                origin
            )
            let headers = [models.headers, stranger.headers, missing.headers, stream.headers]
            _ = try await Answer(stream)
            #expect([models.status, stranger.status, missing.status] == [200, 401, 404])
            for header in headers {
                #expect(header["access-control-allow-origin"] == Self.page)
                #expect(header["access-control-expose-headers"]?.contains("x-request-id") == true)
                #expect(header["access-control-allow-credentials"] == nil)
            }
        }
    }

    @Loop
    @Test(arguments: [
        "https://evil.example", "http://app.example", "https://app.example:8443", "null",
        "https://app.example.evil", "HTTPS://APP.EXAMPLE",
    ])
    func `another page is refused`(origin: String) async throws {
        try await withBot(Self.listed) { bot in
            let asked = try await bot.ask(
                "OPTIONS",
                "/v1/chat/completions",
                "",
                Self.preflight(origin)
            )
            let read = try await bot.ask(
                "GET",
                "/v1/models",
                "",
                as: .key(bot.key),
                [("origin", origin)]
            )
            #expect(asked.status == 403 && read.status == 200)
            for header in [asked.headers, read.headers] {
                #expect(header["access-control-allow-origin"] == nil)
                #expect(header["vary"] == "Origin")
            }
        }
    }

    @Loop @Test func `every page may ask if the setting says so`() async throws {
        try await withBot(Setup { $0.cors = ["*"] }) { bot in
            for origin in ["null", "https://any.example"] {
                let answer = try await bot.ask(
                    "OPTIONS",
                    "/v1/chat/completions",
                    "",
                    Self.preflight(origin)
                )
                #expect(answer.status == 204)
                #expect(answer.headers["access-control-allow-origin"] == "*")
                #expect(answer.headers["access-control-allow-credentials"] == nil)
            }
        }
    }

    @Loop @Test func `the chat page and an unset setting are as before`() async throws {
        try await withBot(Setup { $0.cors = ["*"] }) { bot in
            for path in ["/", "/web/me", "/login", "/healthz", "/terminal/me"] {
                let answer = try await bot.ask("OPTIONS", path, "", Self.preflight(Self.page))
                let read = try await bot.ask("GET", path, "", [("origin", Self.page)])
                #expect(answer.status >= 400, "\(path)")
                for header in [answer.headers, read.headers] {
                    #expect(header["access-control-allow-origin"] == nil, "\(path)")
                }
            }
        }
        try await withBot { bot in
            let answer = try await bot.ask(
                "OPTIONS",
                "/v1/chat/completions",
                "",
                Self.preflight(Self.page)
            )
            #expect(answer.status == 405)
            #expect(answer.headers["access-control-allow-origin"] == nil)
            #expect(answer.headers["vary"] == nil)
        }
    }

    @Loop @Test func `a field that is no name is not repeated`() async throws {
        try await withBot(Self.listed) { bot in
            let answer = try await bot.ask(
                "OPTIONS",
                "/v1/models",
                "",
                Self.preflight(Self.page, "authorization, a b, x@y,,x-ok")
            )
            #expect(answer.headers["access-control-allow-headers"] == "authorization, x-ok")
        }
    }
}

extension BotFixture {
    /// Sends a request without a key.
    @Loop fileprivate func ask(
        _ method: String,
        _ path: String,
        _ body: String,
        _ fields: [(String, String)]
    ) async throws -> Answer {
        try await ask(method, path, body, as: .nobody, fields)
    }
}
