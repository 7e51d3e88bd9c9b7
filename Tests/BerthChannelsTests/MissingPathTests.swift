import BerthHTTP
import BerthLoop
import BerthTestKit
import BerthText
import Testing

@testable import BerthChannels

/// Paths of APIs that Berth does not have, and base URLs that are nearly right.
@Suite(.loop, .timeLimit(.minutes(20))) struct MissingPathTests {
    @Loop
    @Test(arguments: [
        ("POST", "/v1/responses", "Responses API"),
        ("GET", "/v1/responses/resp_1", "Responses API"),
        ("POST", "/responses", "Responses API"), ("POST", "/v1/v1/responses", "Responses API"),
        ("POST", "/v1/conversations", "Responses API"),
        ("POST", "/v1/audio/speech", "Turn this off"),
        ("POST", "/v1/audio/transcriptions", "Turn this off"),
        ("POST", "/v1/moderations", "Turn this off"), ("GET", "/v1/files", "Turn this off"),
        ("POST", "/v1/batches", "Turn this off"), ("POST", "/v1/uploads", "Turn this off"),
        ("POST", "/v1/rerank", "Turn this off"), ("GET", "/v1/realtime", "Turn this off"),
        ("POST", "/v1/assistants", "Assistants API"),
        ("POST", "/v1/threads/runs", "Assistants API"),
        ("POST", "/v1/images/variations", "base URL"), ("GET", "/v1/engines", "base URL"),
        ("POST", "/v1/chat/completions/chat/completions", "base URL"),
        ("POST", "/v1/chat", "base URL"), ("GET", "/v1", "base URL"), ("GET", "/v1/", "base URL"),
        ("POST", "/openai/deployments/m/chat/completions", "base URL"),
        ("POST", "/api/v1/chat/completions", "base URL"), ("GET", "/v1beta/models", "base URL"),
        ("GET", "/v1/\u{1F600}", "base URL"),
    ])
    func `what Berth has and how to set the client is said`(
        method: String,
        path: String,
        advice: String
    ) async throws {
        try await withBot { bot in
            let sent = path.replacing("\u{1F600}", with: "%F0%9F%98%80")
            let answer = try await bot.ask(method, sent)
            let message = try #require(answer.error?.string("message"))
            #expect(answer.status == 404)
            #expect(answer.error?.string("code") == "unknown_url")
            #expect(message.hasPrefix("Berth has no \(path). It has /v1/chat/completions, "))
            #expect(message.contains(" and /v1/models. ") && message.contains(advice))
        }
    }

    @Loop
    @Test(arguments: [
        ("en", "There is no such page"), ("ru", "Такой страницы нет"), ("fr", "no such page"),
    ])
    func `a browser gets a page at a path that has none`(language: String, words: String)
        async throws
    {
        try await withBot { bot in
            let fields = [("accept", "text/html,*/*;q=0.8"), ("accept-language", language)]
            let answer = try await bot.ask("GET", "/settings", "", fields)
            #expect(answer.status == 404 && answer.text.contains(words))
            let other = try await bot.ask("GET", "/settings")
            #expect(other.status == 404 && other.error?.string("message") != nil)
            let api = try await bot.ask("GET", "/v1/files", "", fields)
            #expect(api.error?.string("code") == "unknown_url")
        }
    }

    @Loop
    @Test(arguments: [
        "/v1/messages", "/v1/messages/count_tokens", "/v1/v1/messages", "/v1/complete",
    ])
    func `Anthropic's paths are answered in Anthropic's form`(path: String) async throws {
        try await withBot { bot in
            let answer = try await bot.ask("POST", path, "{}")
            #expect(answer.status == 404)
            #expect(answer.object?.string("type") == "error")
            #expect(answer.error?.string("type") == "not_found_error")
            let message = answer.error?.string("message") ?? ""
            #expect(message.contains("Berth has no \(path). It has"))
        }
    }

    @Loop
    @Test(arguments: [("GET", "/api/tags"), ("GET", "/api/version"), ("POST", "/api/chat")])
    func `Ollama's paths are answered in Ollama's form`(method: String, path: String) async throws {
        try await withBot { bot in
            let answer = try await bot.ask(method, path, "{}")
            #expect(answer.status == 404)
            let words = answer.object?.string("error") ?? ""
            #expect(words.contains("Berth has no \(path). It has /v1/chat/completions"))
            #expect(words.contains("/v1 and an API key"))
        }
    }

    @Loop
    @Test(arguments: ["/robots.txt", "/x", "/v2/chat/completions", "/v10/models", "/.env", "/apis"])
    func `other paths are only unknown`(path: String) async throws {
        try await withBot { bot in
            let answer = try await bot.ask("GET", path)
            #expect(answer.status == 404)
            #expect(answer.error?.string("message") == "there is nothing at this path")
        }
    }

    @Loop @Test func `an endpoint is served without a version and with two`() async throws {
        try await withBot { bot in
            for prefix in APIPath.prefixes {
                for endpoint in APIPath.endpoints {
                    let method = endpoint == "models" ? "GET" : "POST"
                    let answer = try await bot.ask(
                        method,
                        "\(prefix)/\(endpoint)",
                        "{",
                        as: .key(bot.key)
                    )
                    let status = endpoint == "models" ? 200 : 400
                    #expect(answer.status == status, "\(prefix)/\(endpoint)")
                    let stranger = try await bot.ask(method, "\(prefix)/\(endpoint)", "{")
                    #expect(stranger.status == 401, "\(prefix)/\(endpoint)")
                }
                let one = try await bot.ask(
                    "GET",
                    "\(prefix)/models/fake/echo",
                    as: .key(bot.key)
                )
                #expect(one.status == 200)
                let chat = try await bot.ask(
                    "POST",
                    "\(prefix)/chat/completions",
                    #"{"model":"fake/echo","messages":[{"role":"user","content":"hi"}]}"#,
                    as: .key(bot.key)
                )
                #expect(chat.status == 200 && chat.text.contains("hi"))
            }
        }
    }

    @Test(
        arguments: [
            ("/v1/models", "models"), ("/models", "models"), ("/v1/v1/v1/x", "x"), ("/v1", ""),
            ("/v1/", ""), ("/images/edits", "images/edits"), ("/", nil), ("/web/me", nil),
            ("/v1x/models", nil), ("/files/1", nil), ("*", nil),
        ] as [(String, String?)]
    )
    func `a path of the API is known by its parts`(path: String, name: String?) {
        #expect(APIPath(path)?.name == name)
    }
}
