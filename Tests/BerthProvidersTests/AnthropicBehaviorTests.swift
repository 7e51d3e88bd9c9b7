import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import BerthText
import Testing

@testable import BerthProviders
@testable import BerthSimulation

/// The Anthropic provider against every behavior of its fake, over real sockets.
@Suite(.loop, .timeLimit(.minutes(20))) struct AnthropicBehaviorTests {
    /// The results of a behavior, streamed and whole.
    struct Expected: Sendable {
        var streamed: Told
        var whole: Told

        init(_ error: ProviderError) { self.init(Told(error: error)) }

        init(_ told: Told) { (streamed, whole) = (told, told) }

        init(streamed: Told, whole: Told) { (self.streamed, self.whole) = (streamed, whole) }
    }

    private static let words = "token1 token2 token3 "

    private static func good(
        _ text: String = words,
        _ finish: String = "stop",
        cached: CachedTokens = CachedTokens(),
        output: Int = 3
    ) -> Told {
        let usage = TokenUsage(
            input: 1 + cached.all,
            output: output,
            isEstimated: false,
            cached: cached
        )
        return Told(text: text, finish: finish, usage: usage)
    }

    /// A stream that breaks off after its prompt was counted.
    private static func broken(_ text: String, _ error: ProviderError) -> Told {
        let prompt = TokenUsage(input: 1, output: 0, isEstimated: false)
        return Told(text: text, usage: prompt, error: error)
    }

    private static func broken(_ status: Int, _ wait: Duration?, _ reason: String) -> Expected {
        Expected(
            .unavailable(provider: "fake", status: status, retryAfter: wait, reason: reason)
        )
    }

    private static func refused(_ status: Int, _ message: String, _ code: String) -> Expected {
        Expected(.refused(provider: "fake", status: status, message: message, code: code))
    }

    private static func malformed(_ reason: String) -> Told {
        Told(error: .malformed(provider: "fake", reason: reason))
    }

    private static func expected(_ behavior: FakeAnthropicBehavior) -> Expected {
        let cut = ProviderError.cut(provider: "fake")
        let failed = ProviderError.failedMidway(provider: "fake", message: "Overloaded")
        let overloaded = broken(503, nil, "Overloaded")
        return switch behavior {
        case .echo: Expected(good("hi there", output: 1))
        case .tool: Expected(good("Looking. ", output: 1))
        case .thinking, .pings, .unknown, .drip, .echoRequest, .silence: Expected(good())
        case .maxTokens: Expected(good(words, "length"))
        case .refusal: Expected(good(words, "content_filter"))
        case .cached: Expected(good(cached: CachedTokens(read: 1000, written: 100)))
        case .cutEvent: Expected(streamed: broken("token1 token2 ", cut), whole: good())
        case .noStop: Expected(streamed: broken(words, cut), whole: good())
        case .noReason:
            Expected(
                streamed: broken(words, cut),
                whole: malformed("the answer is not a message")
            )
        case .noUsage:
            Expected(streamed: good(output: 0), whole: Told(text: words, finish: "stop"))
        case .errorMidway:
            Expected(
                streamed: broken("token1 token2 ", failed),
                whole: overloaded.whole
            )
        case .errorAtOnce, .jsonOnStream: overloaded
        case .badJSON:
            Expected(
                streamed: malformed("invalid JSON at byte 8: a value is missing"),
                whole: malformed("invalid JSON at byte 13: a value is missing")
            )
        case .badKey: Expected(.keyRefused(provider: "fake", status: 401))
        case .notAllowed: Expected(.keyRefused(provider: "fake", status: 403))
        case .noCredit, .spent: Expected(.accountEmpty(provider: "fake"))
        case .tooMany:
            Expected(
                .rateLimited(
                    provider: "fake",
                    retryAfter: .seconds(2),
                    reason: "Too many requests"
                )
            )
        case .tooLong:
            refused(
                400,
                "prompt is too long: 9 tokens > 8 maximum",
                "context_length_exceeded"
            )
        case .noModel: refused(404, "model: 404", "model_not_found")
        case .tooLarge: refused(413, "Request exceeds 32 MB", "context_length_exceeded")
        case .broken: broken(500, nil, "The fake is broken")
        case .timeout: broken(504, nil, "The fake is slow")
        case .overloaded: broken(529, .seconds(3), "Overloaded")
        }
    }

    private static let answering = FakeAnthropicBehavior.allCases.filter {
        ![.silence, .echoRequest].contains($0)
    }

    @Loop @Test(arguments: answering, [true, false])
    func `a call ends as the fake's behavior says`(behavior: FakeAnthropicBehavior, isStream: Bool)
        async throws
    {
        let asker = Asker()
        try await withAnthropic { url, fake in
            let (provider, call) = (try asker.anthropic(url), try asker.call(behavior.rawValue))
            let told =
                isStream
                ? await asker.stream(provider, call) : await asker.complete(provider, call)
            let expected = AnthropicBehaviorTests.expected(behavior)
            #expect(told == (isStream ? expected.streamed : expected.whole))
            #expect(!"\(told)".contains(Asker.key))
            let (received, held) = (fake.counts.received, call.account.held)
            #expect(received == 1)
            #expect(held == .zero)
        }
    }

    @Loop @Test(arguments: [true, false])
    func `silence ends with the deadline for a first byte`(isStream: Bool) async throws {
        let (asker, asked) = (Asker(), Wakeup())
        let handler = { (fake: @escaping HTTPHandler) -> HTTPHandler in
            { request in
                asked.signal()
                return await fake(request)
            }
        }
        try await withAnthropic(handler: handler) { url, _ in
            let (provider, call) = (try asker.anthropic(url), try asker.call("silence"))
            var told = Told()
            let pool = TaskPool()
            pool.spawn {
                told =
                    isStream
                    ? await asker.stream(provider, call) : await asker.complete(provider, call)
            }
            try await asked.wait()
            asker.clock.advance(by: .seconds(isStream ? 120 : 600))
            await pool.drain()
            guard case .timedOut("fake", _) = told.error else {
                Issue.record("\(told)")
                return
            }
        }
    }

    @Loop @Test func `a stream that is cancelled ends at the provider`() async throws {
        let asker = Asker()
        let witness = CancelTests.Witness()
        let pace = FakeOpenAI.Pace(gap: .seconds(3600), tokens: 3)
        try await withAnthropic(pace: pace, clock: ManualClock(), handler: witness.watch) {
            url,
            fake in
            let stream = try await asker.anthropic(url).stream(try asker.call())
            _ = try await stream.next()
            stream.cancel()
            try await witness.left.wait()
            _ = await eventually { fake.counts.running == 0 }
            let (rest, running) = (try await stream.next() == nil, fake.counts.running)
            #expect(rest)
            #expect(running == 0)
        }
    }

    @Loop @Test(arguments: [true, false])
    func `without memory for the request nobody is asked`(isStream: Bool) async throws {
        let asker = Asker()
        try await withAnthropic { url, fake in
            let call = try asker.call(quota: .kibibytes(1))
            let provider = try asker.anthropic(url)
            let told =
                isStream
                ? await asker.stream(provider, call) : await asker.complete(provider, call)
            guard case .memory = told.error else {
                Issue.record("\(told)")
                return
            }
            let (received, held) = (fake.counts.received, call.account.held)
            #expect(received == 0)
            #expect(held == .zero)
        }
    }

    @Loop @Test func `a large picture's bytes are held once`() async throws {
        let asker = Asker()
        try await withAnthropic { url, _ in
            let size = 1 << 20
            let picture = String(repeating: "A", count: size)
            let part =
                #"{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(picture)"}}"#
            let call = try asker.call(
                messages: #"[{"role":"user","content":[\#(part)]}]"#,
                quota: ByteCount(size + 128 * 1024)
            )
            let stream = try await asker.anthropic(url).stream(call)
            // The rest is libcurl's send buffer.
            let held = call.account.held.bytes - UpstreamEvents.bufferSize.bytes - 64 * 1024
            #expect((size..<size + 1024).contains(held))
            stream.cancel()
        }
    }

    @Loop @Test func `the key, the version and the path are Anthropic's`() async throws {
        let asker = Asker()
        let answer = #"{"type":"error","error":{"type":"api_error","message":"m"}}"#
        try await withAnswer("500 No", answer) { url, server in
            let base = String(url.dropLast(3))
            _ = await asker.complete(try asker.anthropic(base + "/sub/"), try asker.call())
            let request = try #require(server.connections.first?.requests.first)
            #expect(request.head.hasPrefix("POST /sub/v1/messages HTTP/1.1"))
            #expect(request["x-api-key"] == Asker.key)
            #expect(request["anthropic-version"] == "2026-10-21")
            #expect(request["authorization"] == nil)
            #expect(request["content-type"] == "application/json")
            _ = await asker.complete(try asker.anthropic(base, key: nil), try asker.call())
            let bare = try #require(server.connections.last?.requests.first)
            #expect(bare["x-api-key"] == nil)
        }
    }
}
