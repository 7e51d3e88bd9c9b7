import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthSimulation
import BerthTestKit
import BerthText
import Testing

/// The meaning of a provider's refusals, and the parts of its text that may be passed on.
@Suite(.loop, .timeLimit(.minutes(20))) struct RefusalTests {
    private static func refused(_ status: Int, _ message: String, _ code: String? = nil)
        -> ProviderError
    {
        .refused(provider: "fake", status: status, message: message, code: code)
    }

    private static func unavailable(_ status: Int, _ reason: String? = nil) -> ProviderError {
        .unavailable(provider: "fake", status: status, retryAfter: nil, reason: reason)
    }

    private static let refusals: [(String, String, ProviderError)] = [
        (
            "404 Not Found",
            #"{"error":{"message":"model 'x' not found","type":"not_found_error","param":null,"code":null}}"#,
            refused(404, "model 'x' not found", "model_not_found")
        ),
        (
            "400 Bad Request",
            #"{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_ctx":8}}"#,
            refused(400, "too long", "context_length_exceeded")
        ),
        (
            "400 Bad Request",
            #"{"error":{"message":"bad n","type":"BadRequestError","param":"n","code":400}}"#,
            refused(400, "bad n", "400")
        ),
        ("422 No", #"{"error":"a bare string"}"#, refused(422, "a bare string")),
        (
            "400 No", #"{"error":{"message":7,"code":[1]}}"#,
            refused(400, "status 400")
        ),
        ("400 No", #"{"detail":"of another framework"}"#, refused(400, "of another framework")),
        (
            "404 No", "<html>not here</html>",
            refused(404, "it is a web page ('not here'); the operator must check base_url")
        ),
        ("413 No", "", refused(413, "status 413")),
        ("301 Moved\r\nLocation: http://127.0.0.1:1/", "", refused(301, "status 301")),
        ("204 No Content", "", refused(204, "status 204")),
        ("401 No", #"{"error":"bad key"}"#, .keyRefused(provider: "fake", status: 401)),
        ("403 No", "", .keyRefused(provider: "fake", status: 403)),
        (
            "402 Pay", #"{"error":{"code":402,"message":"no credits"}}"#,
            .accountEmpty(provider: "fake")
        ),
        (
            "400 No", #"{"error":{"message":"m","type":"insufficient_quota","code":null}}"#,
            .accountEmpty(provider: "fake")
        ),
        ("408 Slow", "", unavailable(408)), ("500 No", "{", unavailable(500, "{")),
        (
            "503 Loading",
            #"{"error":{"code":503,"message":"Loading","type":"unavailable_error"}}"#,
            unavailable(503, "Loading")
        ),
        ("599 No", "", unavailable(599)),
        (
            "503 No\r\nRetry-After: 7", "",
            .unavailable(provider: "fake", status: 503, retryAfter: .seconds(7))
        ),
        ("429 No", "", .rateLimited(provider: "fake", retryAfter: nil)),
        (
            "429 No\r\nRetry-After: 9\r\nretry-after-ms: 1500", "",
            .rateLimited(provider: "fake", retryAfter: .milliseconds(1500))
        ),
    ]

    @Loop @Test(arguments: refusals)
    func `a status and its words mean one thing`(
        head: String,
        body: String,
        error: ProviderError
    ) async throws {
        let asker = Asker()
        try await withAnswer(head, body) { url, _ in
            let (provider, call) = (try asker.provider(url), try asker.call())
            let (streamed, whole) = (
                await asker.stream(provider, call), await asker.complete(provider, call)
            )
            #expect(streamed == Told(error: error))
            #expect(whole == Told(error: error))
        }
    }

    @Loop
    @Test(arguments: [
        (
            "<html>",
            "it is a web page ('it has no text'); the operator must check base_url"
        ),
        ("{\"a\":", "invalid JSON at byte 5: a value is missing"),
        ("[]", "it is a list without an object"), ("[7]", "it is a list without an object"),
        ("hello", "it is no JSON: 'hello'"),
    ])
    func `an answer that is no stream is malformed`(body: String, reason: String) async throws {
        let asker = Asker()
        try await withAnswer("200 OK\r\nContent-Type: application/json", body) { url, _ in
            let told = await asker.stream(try asker.provider(url), try asker.call())
            #expect(told == Told(error: .malformed(provider: "fake", reason: reason)))
        }
    }

    private static let noChoice = Told(
        error: .malformed(provider: "fake", reason: "it has no choice")
    )

    @Loop
    @Test(arguments: [
        (
            #"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#,
            Told(text: "Hi", finish: "stop")
        ),
        (
            #"{"choices":[{"message":{"content":null},"finish_reason":"x"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
            Told(error: .wordless(provider: "fake", finish: "stop"))
        ),
        (#"{"choices":[]}"#, noChoice), (#"{}"#, noChoice), (#"{"error":null}"#, noChoice),
        (#"{"error":"no"}"#, Told(error: .failedMidway(provider: "fake", message: "no"))),
    ])
    func `a whole answer is read tolerantly`(body: String, expected: Told) async throws {
        let asker = Asker()
        try await withAnswer("200 OK\r\nContent-Length: \(body.utf8.count)", body) { url, _ in
            let told = await asker.complete(try asker.provider(url), try asker.call())
            #expect(told == expected)
        }
    }

    @Loop @Test func `a whole answer that is cut off is cut`() async throws {
        let asker = Asker()
        try await withAnswer("200 OK\r\nContent-Length: 100", #"{"choices":"#) { url, _ in
            let told = await asker.complete(try asker.provider(url), try asker.call())
            #expect(told == Told(error: .cut(provider: "fake")))
        }
    }

    @Loop @Test func `an answer over 16 MiB is not read further`() async throws {
        let asker = Asker()
        let body = #"{"a":""# + String(repeating: "x", count: 17 << 20) + #""}"#
        try await withAnswer("200 OK", body) { url, _ in
            let call = try asker.call()
            let told = await asker.complete(try asker.provider(url), call)
            #expect(
                told
                    == Told(
                        error: .malformed(provider: "fake", reason: "it is larger than 16 MiB")
                    )
            )
            #expect(call.account.held == .zero)
        }
    }

    // MARK: Memory

    @Loop @Test func `an answer that the tenant may not hold is refused`() async throws {
        let asker = Asker()
        try await withFake { url, _ in
            let call = try asker.call(quota: .kibibytes(1))
            let provider = try asker.provider(url)
            let (streamed, whole) = (
                await asker.stream(provider, call), await asker.complete(provider, call)
            )
            let error = { (size: ByteCount, held: ByteCount) in
                Told(
                    error: .memory(
                        .overQuota(
                            requested: size,
                            held: held,
                            quota: .kibibytes(1),
                            tenant: "ann",
                            purpose: .upstreamTransfer
                        )
                    )
                )
            }
            let transfers = asker.client.transfers
            // The request is leased first, together with the stream's buffers or before the
            // answer's. It is held twice, by Berth and by libcurl.
            let request = ByteCount(2 * call.request.bytes.count)
            #expect(streamed == error(.kibibytes(48) + request, .zero))
            #expect(whole == error(.kibibytes(16), request))
            await settle()
            #expect(transfers <= 1)
        }
    }

    @Loop @Test func `a completion holds its memory until it is dropped`() async throws {
        let asker = Asker()
        try await withFake { url, _ in
            let call = try asker.call()
            var completion: ChatCompletion? = try await asker.provider(url).complete(call)
            let (text, held) = (completion?.text, call.account.held)
            completion = nil
            #expect(text == "token1 token2 token3 ")
            #expect(held > .zero)
            #expect(call.account.held == .zero)
        }
    }

    // MARK: The key

    private static let leaks: [(String, String)] = [
        (
            "400 No",
            #"{"error":{"message":"key sk-test-0123456789 is odd","code":"sk-test-0123456789"}}"#
        ),
        ("400 No", #"{"error":"sk-test-0123456789"}"#),
        ("404 No", #"{"error":{"message":"sk-test-0123456789"}}"#),
        ("401 No", #"{"error":{"message":"sk-test-0123456789"}}"#),
        ("403 sk-test-0123456789", "sk-test-0123456789"),
        ("500 sk-test-0123456789", "sk-test-0123456789"),
        ("429 No\r\nRetry-After: sk-test-0123456789", "sk-test-0123456789"),
        ("200 OK", #"{"error":{"message":"Bearer sk-test-0123456789"}}"#),
        ("200 OK", "sk-test-0123456789"),
        (
            "200 OK\r\nContent-Type: text/event-stream",
            #"data: {"error":"sk-test-0123456789"}"# + "\n\n"
        ),
        ("200 OK\r\nContent-Type: text/event-stream", "data: sk-test-0123456789\n\n"),
        (
            "400 No",
            #"{"error":{"message":"\#(String(repeating: "x", count: 245))sk-test-0123456789\#(String(repeating: "y", count: 2000))"}}"#
        ),
    ]

    @Loop @Test(arguments: leaks)
    func `a key that a provider repeats goes no further`(head: String, body: String) async throws {
        let asker = Asker()
        try await withAnswer(head, body) { url, server in
            let (provider, call) = (try asker.provider(url), try asker.call())
            let (streamed, whole) = (
                await asker.stream(provider, call), await asker.complete(provider, call)
            )
            let sent = server.connections.first?.requests.first?["authorization"]
            #expect(sent == "Bearer sk-test-0123456789")
            for told in [streamed, whole] {
                let error = try #require(told.error)
                #expect(!"\(error)".contains("sk-te"), "\(error)")
                #expect(!String(reflecting: error).contains("sk-te"))
                #expect("\(error)".utf8.count < 1200)
            }
        }
    }

    @Loop @Test(arguments: ["sk-bad\r\nx: y", "sk-bad\n", "sk-bad\u{0}"])
    func `a key that cannot be sent is not told`(key: String) async throws {
        let asker = Asker()
        try await withFake { url, fake in
            let provider = try asker.provider(url, key: key)
            let told = await asker.stream(provider, try asker.call())
            let (error, received) = (try #require(told.error), fake.counts.received)
            #expect(!"\(error)".contains("sk-bad"), "\(error)")
            #expect(received == 0)
        }
    }

    @Loop @Test func `without a key none is sent`() async throws {
        let asker = Asker()
        try await withAnswer("200 OK", "{}") { url, server in
            _ = await asker.complete(try asker.provider(url, key: nil), try asker.call())
            let request = server.connections.first?.requests.first
            #expect(request?["authorization"] == nil)
            #expect(request?.head.hasPrefix("POST /v1/chat/completions HTTP/1.1") == true)
        }
    }

    // MARK: Operator's view

    private static let kept: [(ProviderError, String)] = [
        (refused(400, "no: 'x'"), "provider 'fake' rejected the request"),
        (
            .failedMidway(provider: "fake", message: "it rejected the request: x"),
            "provider 'fake' reported an error during the answer"
        ),
        (
            .malformed(provider: "fake", reason: "x"),
            "provider 'fake' sent a malformed answer"
        ),
        (unavailable(503), unavailable(503).description),
        (
            .keyRefused(provider: "fake", status: 401),
            ProviderError.keyRefused(provider: "fake", status: 401).description
        ),
    ]

    @Test(arguments: kept)
    func `a description that was kept loses a provider's own words`(
        error: ProviderError,
        words: String
    ) {
        #expect(ProviderError.withoutProvidersWords(error.description) == words)
    }

    @Loop @Test func `calls beyond what we make at once are no fault of the provider's`()
        async throws
    {
        let asker = Asker(maxTransfers: 0)
        let provider = try asker.provider("http://127.0.0.1:9/v1")
        let error = await asker.complete(provider, try asker.call()).error
        guard case .busy = error else {
            Issue.record("it is \(error.map { "\($0)" } ?? "answered")")
            return
        }
        #expect(error?.forOperator.contains("127.0.0.1:9: 0 transfers") == true)
        #expect(error?.description == "too many calls are running; try again in a moment")
    }
}
