import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthTestKit
import BerthText
import BerthWork
import Testing

@testable import BerthChannels

@Suite(.loop, .timeLimit(.minutes(20))) struct OpenAIRefusalTests {
    private static let user = #"[{"role":"user","content":"hi"}]"#

    /// Bodies that are refused with 400, and the error's `param`, with "" for null.
    private static let bad: [(body: String, parameter: String)] = [
        ("", ""), ("{", ""), ("[]", ""), ("null", ""), (#""text""#, ""),
        (#"{"model":"berth","messages":\#(user)} x"#, ""),
        (#"{"model":"berth","model":"fake/echo","messages":\#(user)}"#, ""),
        (#"{"messages":\#(user)}"#, "model"), (#"{"model":7,"messages":\#(user)}"#, "model"),
        (#"{"model":"berth"}"#, "messages"), (#"{"model":"berth","messages":{}}"#, "messages"),
        (#"{"model":"berth","messages":[]}"#, "messages"),
        (#"{"model":"berth","messages":["hi"]}"#, "messages[0]"),
        (#"{"model":"berth","messages":[{"role":"user"}]}"#, "messages[0].content"),
        (#"{"model":"berth","messages":[{"content":"hi"}]}"#, "messages[0].role"),
        (#"{"model":"berth","messages":[{"role":"root","content":"hi"}]}"#, "messages[0].role"),
        (#"{"model":"berth","messages":[{"role":"user","content":7}]}"#, "messages[0].content"),
        (#"{"model":"berth","messages":\#(user),"stream":"yes"}"#, "stream"),
        (#"{"model":"berth","messages":\#(user),"stream_options":1}"#, "stream_options"),
        (#"{"model":"berth","messages":\#(user),"max_tokens":0}"#, "max_tokens"),
        (#"{"model":"berth","messages":\#(user),"max_tokens":"9"}"#, "max_tokens"),
        (
            #"{"model":"berth","messages":\#(user),"max_completion_tokens":-1}"#,
            "max_completion_tokens"
        ),
        (
            #"{"model":"berth","messages":\#(user),"max_tokens":1,"max_completion_tokens":999}"#,
            "max_tokens"
        ),
        (#"{"model":"berth","messages":\#(user),"n":9}"#, "n"),
        (#"{"model":"berth","messages":\#(user),"n":99999999999999999999}"#, "n"),
        (#"{"model":"berth","messages":\#(user),"temperature":3}"#, "temperature"),
        (#"{"model":"berth","messages":\#(user),"temperature":1e999}"#, "temperature"),
        (#"{"model":"berth","messages":\#(user),"top_p":"1"}"#, "top_p"),
    ]

    @Loop @Test func `bad requests are refused in OpenAI's shape, and cost nothing`() async throws {
        try await withBot { bot in
            for (body, parameter) in OpenAIRefusalTests.bad {
                let answer = try await bot.chat(body)
                #expect(answer.status == 400, "\(body)")
                let error = try #require(answer.error, "\(body)")
                #expect(error.string("type") == "invalid_request_error")
                #expect(error.string("message")?.isEmpty == false)
                #expect(error.string("param") ?? "" == parameter, "\(body)")
                #expect(error.value("code") != nil)
                #expect(answer.headers["x-request-id"]?.hasPrefix("req-") == true)
            }
            let received = bot.hand.received
            #expect(received == 0)
            #expect(try await bot.used().requests == 0)
        }
    }

    @Loop @Test func `what is no UTF-8 or nested without end is refused`() async throws {
        try await withBot { bot in
            let bad = Array(#"{"model":"berth","messages":[{"role":"user","content":""#.utf8)
            let tail = Array(#""}]}"#.utf8)
            for middle: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x00]] {
                let response = try await bot.send(
                    "POST",
                    "/v1/chat/completions",
                    bad + middle + tail,
                    as: .key(bot.key)
                )
                #expect(try await Answer(response).status == 400)
            }
            let deep = String(repeating: "[", count: 100_000)
            let answer = try await bot.chat(#"{"model":"berth","messages":\#(deep)"#)
            #expect(answer.status == 400)
        }
    }

    @Loop @Test func `more messages than any model takes are refused`() async throws {
        try await withBot { bot in
            let one = #"{"role":"user","content":"x"}"#
            let many = repeatElement(one, count: 5000).joined(separator: ",")
            let answer = try await bot.chat(#"{"model":"berth","messages":[\#(many)]}"#)
            #expect(answer.status == 400)
            #expect(answer.error?.string("param") == "messages")
        }
    }

    @Loop @Test(arguments: ["gpt-4", "fake", "hand/", "FAKE/ECHO", "\u{1F600}"])
    func `a model that is not listed is 404`(name: String) async throws {
        try await withBot { bot in
            let answer = try await bot.chat(
                #"{"model":"\#(name)","messages":\#(OpenAIRefusalTests.user)}"#
            )
            #expect(answer.status == 404)
            #expect(answer.error?.string("code") == "model_not_found")
            #expect(try await bot.ask("GET", "/v1/models/x", as: .key(bot.key)).status == 404)
        }
    }

    @Loop @Test func `a missing or wrong key is 401, before anything is read`() async throws {
        try await withBot { bot in
            let fields: [[(String, String)]] = [
                [], [("authorization", "Bearer")], [("authorization", "Bearer berth-wrong")],
                [("authorization", "Basic \(bot.key)")], [("authorization", bot.key)],
            ]
            for field in fields {
                for (method, path) in [("POST", "/v1/chat/completions"), ("GET", "/v1/models")] {
                    let answer = try await bot.ask(method, path, "{", as: .nobody, field)
                    #expect(answer.status == 401)
                    #expect(answer.error?.string("code") == "invalid_api_key")
                    #expect(answer.headers["www-authenticate"] == "Bearer")
                }
            }
            let spaced = [("authorization", "bearer   \(bot.key)")]
            #expect(try await bot.ask("GET", "/v1/models", "", as: .nobody, spaced).status == 200)
        }
    }

    @Loop @Test func `a suspended tenant's calls are 403`() async throws {
        try await withBot { bot in
            try await bot.bot.set(.suspended, of: bot.ann)
            let answer = try await bot.chat(
                #"{"model":"berth","messages":\#(OpenAIRefusalTests.user)}"#
            )
            #expect(answer.status == 403)
            #expect(answer.error?.string("code") == "suspended")
        }
    }

    @Loop @Test func `a used-up day is no reason to repeat, and has the true wait`() async throws {
        try await withBot(Setup { $0.quotas.requestsPerDay = 0 }) { bot in
            for stream in ["true", "false"] {
                let answer = try await bot.chat(
                    #"{"model":"berth","stream":\#(stream),"messages":\#(OpenAIRefusalTests.user)}"#
                )
                #expect(answer.status == 429)
                let now = bot.clock.timestamp
                let left = (now.endOfDay - now).milliseconds(roundedUp: true)
                #expect(answer.headers["retry-after"] == "\((left + 999) / 1000)")
                #expect(answer.headers["x-should-retry"] == "false")
                #expect(answer.error?.string("type") == "insufficient_quota")
                #expect(answer.error?.string("code") == "insufficient_quota")
                #expect(answer.error?.string("message")?.contains("try again in") == true)
            }
        }
    }

    @Loop @Test func `the last minute of a used-up day is a wait like any other`() async throws {
        try await withBot(Setup { $0.quotas.requestsPerDay = 0 }) { bot in
            let now = bot.clock.timestamp
            bot.clock.advance(by: now.endOfDay - now - .milliseconds(29_001))
            let answer = try await bot.chat(
                #"{"model":"berth","messages":\#(OpenAIRefusalTests.user)}"#
            )
            #expect(answer.status == 429)
            #expect(answer.headers["retry-after"] == "30")
            #expect(answer.headers["x-should-retry"] == nil)
        }
    }

    @Test(
        arguments: [
            ("1", nil), ("60", nil), ("61", "false"), ("86400", "false"),
            ("9223372036854775807", "false"), ("soon", nil),
        ] as [(String, String?)]
    )
    func `a wait of more than a minute is not repeated`(wait: String, retry: String?) {
        var response = HTTPResponse(status: 503)
        response.headers["retry-after"] = wait
        response.limitRetries()
        #expect(response.headers["retry-after"] == wait)
        #expect(response.headers["x-should-retry"] == retry)
    }

    @Loop @Test func `a body over its cap is 413, with a length or without`() async throws {
        try await withBot(Setup { $0.limits.body = .kibibytes(64) }) { bot in
            let answer = try await bot.chat(String(repeating: "a", count: (64 << 10) + 1))
            #expect(answer.status == 413)
            #expect(answer.error?.string("message")?.isEmpty == false)
            let client = try RawClient(port: bot.server.port)
            try await client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                    + "\(bot.key)\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            let chunk = "8000\r\n" + String(repeating: "a", count: 0x8000) + "\r\n"
            for _ in 0..<3 { try await client.send(chunk) }
            let chunked = try await client.response()
            #expect(chunked.status == 413)
            #expect((try? JSONObject(chunked.body))?.object("error") != nil)
            client.close()
        }
    }

    @Loop @Test func `a body over the tenant's own memory is refused`() async throws {
        try await withBot(Setup { $0.quotas.memory = .mebibytes(1) }) { bot in
            let answer = try await bot.chat(String(repeating: "a", count: 2 << 20))
            #expect(answer.status == 413)
            #expect(answer.error?.string("code") == "memory_quota")
            let held = bot.ann.account.held
            #expect(held == .zero)
        }
    }

    /// A provider's fault, and the status for the client.
    private static let faults: [(model: String, status: Int)] = [
        ("dead/d", 502), ("fake/500", 503), ("fake/502", 503), ("fake/529", 503), ("fake/401", 502),
        ("fake/no-credit", 502), ("fake/429-long", 429), ("fake/too-long", 400),
        ("fake/bad-json", 502), ("fake/json-on-stream", 502), ("fake/error-midway", 502),
    ]

    @Loop @Test func `a provider's faults have their own statuses, and name no key`() async throws {
        try await withBot { bot in
            for (model, status) in OpenAIRefusalTests.faults {
                let answer = try await bot.chat(
                    #"{"model":"\#(model)","messages":\#(OpenAIRefusalTests.user)}"#
                )
                #expect(answer.status == status, "\(model)")
                #expect(answer.error?.string("message")?.isEmpty == false, "\(model)")
                #expect(!answer.text.contains("sk-"))
                bot.clock.advance(by: .seconds(300))  // the provider's pause is over
            }
            let limited = try await bot.chat(
                #"{"model":"fake/429-long","stream":true,"messages":\#(OpenAIRefusalTests.user)}"#
            )
            #expect(limited.status == 429 && limited.headers["retry-after"] == "121")
            // It is not asked again for a minute, and its siblings are.
            let paused = try await bot.chat(
                #"{"model":"fake/429-long","messages":\#(OpenAIRefusalTests.user)}"#
            )
            let seconds = paused.headers["retry-after"].flatMap { Int($0) } ?? 0
            #expect(paused.status == 503 && (60...72).contains(seconds))
            let sibling = try await bot.chat(
                #"{"model":"fake/plain","messages":\#(OpenAIRefusalTests.user)}"#
            )
            #expect(sibling.status == 200)
        }
    }

    // OpenAI's own client library waits 600 s for a whole answer.
    // A stream has its header after 10 s.
    @Loop @Test(arguments: [(true, 120, 200), (false, 600, 504)])
    func `a silent provider is an error after its deadline`(
        isStream: Bool,
        seconds: Int,
        status: Int
    ) async throws {
        try await withBot { bot in
            let answers = Mailbox<Int>()
            let pool = TaskPool()
            pool.spawn {
                let answer = try? await bot.chat(
                    #"{"model":"hand/m","stream":\#(isStream),"messages":\#(OpenAIRefusalTests.user)}"#
                )
                let isTold = answer?.text.contains("provider_timeout") == true
                answers.put(isTold ? answer?.status ?? 0 : 0)
            }
            _ = try await bot.hand.call()
            bot.clock.advance(by: .seconds(seconds - 1))
            await settle()
            let waiting = bot.ann.account.held
            #expect(waiting > .zero)
            bot.clock.advance(by: .seconds(1))
            #expect(try await answers.next("the answer") == status)
            let used = try await bot.used()
            #expect(used.requests == 1 && used.reservedTokens == 0)
        }
    }
}
