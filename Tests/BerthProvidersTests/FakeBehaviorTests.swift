import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthTestKit
import BerthText
import Testing

@testable import BerthSimulation

/// The OpenAI provider against every behavior of its fake, over real sockets.
@Suite(.loop, .timeLimit(.minutes(20))) struct FakeBehaviorTests {
    /// The results of a behavior, streamed and whole, for a question of `input` tokens.
    struct Expected: Sendable {
        let streamed: Told
        let whole: Told

        /// Makes the same expectation for both.
        init(_ error: ProviderError) {
            (streamed, whole) = (Told(error: error), Told(error: error))
        }

        init(streamed: Told, whole: Told) { (self.streamed, self.whole) = (streamed, whole) }
    }

    private static let words = "token1 token2 token3 "
    private static let input = 13

    private static func good(
        _ text: String = words,
        _ finish: String = "stop",
        tokens: Int? = 3
    ) -> Told {
        let usage = tokens.map { TokenUsage(input: input, output: $0, isEstimated: false) }
        return Told(text: text, finish: finish, usage: usage)
    }

    private static func limited(_ wait: Duration) -> Expected {
        let reason = "Too many requests"
        return Expected(.rateLimited(provider: "fake", retryAfter: wait, reason: reason))
    }

    private static func malformed(_ reason: String) -> Told {
        Told(error: .malformed(provider: "fake", reason: reason))
    }

    private static func broken(_ status: Int, _ reason: String) -> Expected {
        Expected(
            .unavailable(provider: "fake", status: status, retryAfter: nil, reason: reason)
        )
    }

    private static func refused(_ status: Int, _ message: String, _ code: String) -> Expected {
        Expected(.refused(provider: "fake", status: status, message: message, code: code))
    }

    private static func failed(_ text: String, _ message: String) -> Told {
        Told(text: text, error: .failedMidway(provider: "fake", message: message))
    }

    private static func expected(_ behavior: FakeOpenAIBehavior) -> Expected {
        let cut = ProviderError.cut(provider: "fake")
        return switch behavior {
        case .echo:
            Expected(streamed: good("hi there", tokens: 1), whole: good("hi there", tokens: 1))
        case .tool:
            Expected(streamed: good("", "tool_calls"), whole: good("", "tool_calls", tokens: 5))
        case .drip, .comments, .echoRequest, .silence, .signed:
            Expected(streamed: good(), whole: good())
        case .cutEvent:
            Expected(streamed: Told(text: "token1 token2 ", error: cut), whole: good())
        case .cutCharacter:
            Expected(
                streamed: Told(text: "half a character: ", error: cut),
                whole: good("half a character: ", tokens: 1)
            )
        case .noDone: Expected(streamed: Told(text: words, error: cut), whole: good())
        case .noDoneButFinish, .noUsage:
            Expected(
                streamed: good(tokens: nil),
                whole: good(tokens: behavior == .noUsage ? nil : 3)
            )
        case .jsonOnStream: Expected(.failedMidway(provider: "fake", message: "the fake fails"))
        case .errorMidway:
            Expected(
                streamed: failed("token1 token2 ", "the fake fails midway"),
                whole: failed("", "the fake fails")
            )
        case .hugeLine:
            Expected(
                streamed: malformed(
                    "an event of the stream is longer than the 1024 KiB that are taken: "
                        + "ask for less at once"
                ),
                whole: good()
            )
        case .badJSON:
            Expected(
                .malformed(provider: "fake", reason: "invalid JSON at byte 13: a value is missing")
            )
        case .tooManyNow: limited(.zero)
        case .tooMany, .tooManyAtFirst: limited(.seconds(2))
        case .tooManyFraction: limited(.milliseconds(1500))
        case .tooManyDate: limited(.seconds(3))
        case .tooManyLong: limited(.seconds(121))
        case .noCredit: Expected(.accountEmpty(provider: "fake"))
        case .badKey: Expected(.keyRefused(provider: "fake", status: 401))
        case .tooLong:
            refused(400, "This model's maximum context is 8 tokens", "context_length_exceeded")
        case .unknownModel: refused(404, "There is no such model", "model_not_found")
        case .broken: broken(500, "The fake is broken")
        case .gateway: broken(502, "a web page: 502 Bad Gateway")
        case .overloaded: broken(529, "Overloaded")
        }
    }

    /// Returns the fake's clock.
    ///
    /// A behavior that takes no time uses the asker's clock, so that dates are exact.
    private func clock(of behavior: FakeOpenAIBehavior, _ asker: Asker) -> any Clock {
        switch behavior {
        case .drip, .cutEvent, .cutCharacter, .errorMidway: SystemClock()
        default: asker.clock
        }
    }

    private static let answering = FakeOpenAIBehavior.allCases.filter {
        ![.silence, .echoRequest, .tooManyDate, .signed].contains($0)
    }

    @Loop @Test func `a signed answer ends with the question and the time`() async throws {
        let asker = Asker()
        try await withFake(clock: asker.clock) { url, _ in
            let call = try asker.call(FakeOpenAIBehavior.signed.rawValue)
            let told = await asker.stream(try asker.provider(url), call)
            let end = "\n\nhi there at \(asker.clock.timestamp.milliseconds) ms"
            #expect(told == FakeBehaviorTests.good(FakeBehaviorTests.words + end))
        }
    }

    @Loop @Test func `a date to try again at is measured by the provider's own clock`()
        async throws
    {
        // The caller's clock is far away.
        let asker = Asker()
        try await withFake(clock: SystemClock()) { url, _ in
            let call = try asker.call(FakeOpenAIBehavior.tooManyDate.rawValue)
            let told = await asker.complete(try asker.provider(url), call)
            guard case .rateLimited(_, let wait?, _) = told.error else {
                Issue.record("\(told)")
                return
            }
            #expect(wait >= .seconds(1) && wait <= .seconds(60))
        }
    }

    @Loop @Test(arguments: answering)
    func `a streamed call ends as the fake's behavior says`(behavior: FakeOpenAIBehavior)
        async throws
    {
        let asker = Asker()
        try await withFake(clock: clock(of: behavior, asker)) { url, fake in
            let call = try asker.call(behavior.rawValue)
            let told = await asker.stream(try asker.provider(url), call)
            #expect(told == FakeBehaviorTests.expected(behavior).streamed)
            let (received, held) = (fake.counts.received, call.account.held)
            #expect(received == 1)
            #expect(held == .zero)
        }
    }

    @Loop @Test(arguments: answering)
    func `a whole call ends as the fake's behavior says`(behavior: FakeOpenAIBehavior) async throws
    {
        let asker = Asker()
        try await withFake(clock: clock(of: behavior, asker)) { url, _ in
            let call = try asker.call(behavior.rawValue)
            let told = await asker.complete(try asker.provider(url), call)
            #expect(told == FakeBehaviorTests.expected(behavior).whole)
            let held = call.account.held
            #expect(held == .zero)
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a model of any other name answers in good order`(isStream: Bool) async throws {
        let asker = Asker()
        try await withFake { url, fake in
            let (provider, call) = (try asker.provider(url), try asker.call("gpt-x"))
            let told =
                isStream
                ? await asker.stream(provider, call) : await asker.complete(provider, call)
            #expect(told == FakeBehaviorTests.good())
            let (running, answered) = (fake.counts.running, fake.counts.answered)
            #expect(answered == 1)
            #expect(running == 0)
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
        try await withFake(handler: handler) { url, _ in
            let (provider, call) = (try asker.provider(url), try asker.call("silence"))
            var told = Told()
            let pool = TaskPool()
            pool.spawn {
                told =
                    isStream
                    ? await asker.stream(provider, call) : await asker.complete(provider, call)
            }
            try await asked.wait()
            // A whole answer arrives all at once and may take as long as OpenAI's own client waits.
            let deadline = isStream ? 120 : 600
            asker.clock.advance(by: .seconds(deadline))
            await pool.drain()
            let host = url.dropFirst(7).dropLast(3)
            let reason =
                "\(host): no answer within \(deadline) s: it is overloaded or stuck; try later"
            let expected = Told(error: .timedOut(provider: "fake", reason: reason))
            #expect(told == expected)
        }
    }

    @Loop @Test(arguments: [true, false])
    func `connect refused is unreachable`(isStream: Bool) async throws {
        let asker = Asker()
        let port = try SilentPort()
        let url = "http://127.0.0.1:\(port.number)/v1"
        let (provider, call) = (try asker.provider(url), try asker.call())
        let told =
            isStream
            ? await asker.stream(provider, call) : await asker.complete(provider, call)
        guard case .unreachable("fake", let reason, .connection) = told.error else {
            Issue.record("\(told)")
            return
        }
        #expect(reason.hasPrefix("127.0.0.1:\(port.number): nothing answers there"))
    }

    // MARK: Requests

    private func sent(more: String, output: Int = 100, isStream: Bool = false) async throws
        -> String
    {
        var text = ""
        let asker = await Asker()
        try await withFake { url, _ in
            let call = try asker.call("echo-request", more: more, output: output)
            let provider = try asker.provider(url)
            let told =
                isStream
                ? await asker.stream(provider, call) : await asker.complete(provider, call)
            text = told.text
        }
        return text
    }

    private static let head =
        #"{"model":"echo-request","messages":[{"role":"user","content":"hi there"}]"#

    @Loop @Test func `a stream asks for its usage, a whole answer for none`() async throws {
        let streamed = try await sent(more: "", isStream: true)
        #expect(
            streamed == FakeBehaviorTests.head
                + #","stream":true,"stream_options":{"include_usage":true},"max_tokens":100}"#
        )
        let whole = try await sent(more: #","stream":true,"stream_options":{"x":1}"#)
        #expect(whole == FakeBehaviorTests.head + #","stream":false,"max_tokens":100}"#)
    }

    @Loop
    @Test(arguments: [
        (#","max_tokens":7"#, #","max_tokens":100"#),
        (#","max_tokens":7,"max_completion_tokens":9000000"#, #","max_tokens":100"#),
        (#","max_completion_tokens":9000000,"max_tokens":7"#, #","max_tokens":100"#),
        (#","max_completion_tokens":null,"max_tokens":7"#, #","max_tokens":100"#),
        (#","max_tokens":null"#, #","max_tokens":100"#),
    ])
    func `one bound of the answer is sent, and it is Berth's`(more: String, bound: String)
        async throws
    {
        let text = try await sent(more: more + #","stream":false"#)
        #expect(text == FakeBehaviorTests.head + bound + #","stream":false}"#)
    }

    @Loop @Test func `the bound has the name that most servers know, whatever the client's is`()
        async throws
    {
        let text = try await sent(more: #","max_completion_tokens":7,"stream":false"#)
        #expect(text == FakeBehaviorTests.head + #","stream":false,"max_tokens":100}"#)
    }

    @Loop @Test func `unknown members are passed on and people are not named`() async throws {
        let more =
            #","seed":123456789012345678901,"user":"ann@example.org","safety_identifier":"ann","x":[ 1 ]"#
        let text = try await sent(more: more)
        #expect(
            text == FakeBehaviorTests.head
                + #","seed":123456789012345678901,"user":"u-hash","safety_identifier":"u-hash","x":[ 1 ]"#
                + #","stream":false,"max_tokens":100}"#
        )
    }
}
