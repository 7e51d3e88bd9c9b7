import BerthHTTP
import BerthLoop
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct RouterTests {
    /// Makes routes that answer with their own number and the values of their variables.
    private static var router: Router {
        let patterns = [
            ("GET", "/"), ("GET", "/a"), ("POST", "/a"), ("GET", "/a/:id"), ("DELETE", "/a/:id"),
            ("POST", "/a/:id/stop/:word"), ("GET", "/v1/models/*"), ("GET", "/a/fixed"),
        ]
        var routes: [Route] = []
        for (index, (method, pattern)) in patterns.enumerated() {
            let answer: Route.Handler = { _, values in
                .text("\(index) \(values.joined(separator: "|"))")
            }
            routes.append(Route(method, pattern, answer))
        }
        return Router(routes)
    }

    @Loop private func ask(_ method: String, _ target: String) async throws -> RawClient.Response {
        var response: RawClient.Response?
        let router = RouterTests.router
        let handler: HTTPHandler = { await router.answer($0) }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            response = try await client.ask("\(method) \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        }
        return try #require(response)
    }

    @Loop
    @Test(arguments: [
        ("GET", "/", "0 "), ("GET", "/?q=/a", "0 "), ("GET", "/a", "1 "),
        ("GET", "http://x/a", "1 "),
        ("POST", "/a", "2 "), ("GET", "/a/7", "3 7"), ("DELETE", "/a/7", "4 7"),
        ("GET", "/a/b%20c%C3%A9", "3 b cé"), ("POST", "/a/7/stop/now", "5 7|now"),
        ("GET", "/v1/models/gpt", "6 gpt"), ("GET", "/v1/models/a/b:c", "6 a/b:c"),
        ("GET", "/v1/models/a%2Fb", "6 a/b"), ("GET", "/v1/models//a/b", "6 /a/b"),
        ("GET", "/v1/models/%2Fa", "6 /a"), ("GET", "/a/%37", "3 7"), ("GET", "/a/a%2Fb", "3 a/b"),
        ("GET", "/a/fixed", "3 fixed"),
        ("GET", "/a/:id", "3 :id"),
    ])
    func `a path finds its first route`(method: String, target: String, answer: String) async throws
    {
        let response = try await ask(method, target)
        #expect(response.status == 200)
        #expect(response.text == answer)
    }

    @Loop
    @Test(arguments: [
        "/b", "/A", "/a/7/8", "/a/7/stop", "/v1/models", "/v1", "/a/7/stop/now/then", "/%2e%2e/a",
        "*",
        // Other spellings of paths that exist.
        "//", "//a", "/a/", "/a//", "/./a", "/a/.", "/a/..", "/a/./7", "/a/b/../7", "/%61",
        "/a%2F7",
        "/%2fa", "/%2Fa/7", "/a/%2e%2e", "/a/%2E", "/a//7", "/a/7/", "/a;/7", "/v1%2Fmodels/gpt",
        "/v1/%6dodels/gpt", "/v1/models/", "http://x//a", "/a%20", "/a/7/%73top/now",
    ])
    func `a path that nobody knows is 404`(target: String) async throws {
        let response = try await ask("GET", target)
        #expect(response.status == 404)
        #expect(
            response.text == #"{"error":{"message":"there is nothing at this path","#
                + #""type":"invalid_request_error","param":null,"code":null}}"#
        )
    }

    @Loop
    @Test(arguments: [
        ("PUT", "/a", "GET, POST"), ("POST", "/a/7", "GET, DELETE"), ("OPTIONS", "/", "GET"),
        ("GET", "/a/7/stop/now", "POST"), ("PUT", "/a/fixed", "GET, DELETE"),
    ])
    func `a known path with another method is 405`(
        method: String,
        target: String,
        allowed: String
    ) async throws {
        let response = try await ask(method, target)
        #expect(response.status == 405)
        #expect(response.header("allow") == allowed)
        #expect(response.text.contains("this path takes \(allowed)"))
    }

    @Loop @Test func `HEAD is GET without a body`() async throws {
        let (head, get) = (try await ask("HEAD", "/a/7"), try await ask("GET", "/a/7"))
        #expect(head.status == 200)
        #expect(head.header("content-length") == get.header("content-length"))
        #expect(head.body.isEmpty)
        let missing = try await ask("HEAD", "/none")
        #expect(missing.status == 404)
        let other = try await ask("HEAD", "/a/7/stop/now")
        #expect(other.status == 405)
    }

    @Test(arguments: [
        (400, "invalid_request_error"), (404, "invalid_request_error"),
        (429, "invalid_request_error"),
        (500, "server_error"), (503, "server_error"),
    ])
    func `an error has OpenAI's shape`(status: Int, type: String) throws {
        let response = HTTPResponse.error(status, "a \"word\"\n", code: "c")
        guard case .bytes(let bytes) = response.body else { return }
        #expect(response.status == status)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"error":{"message":"a \"word\"\n","type":"\#(type)","param":null,"code":"c"}}"#
        )
        #expect(response.headers["retry-after"] == nil)
    }

    @Test(arguments: [
        (Duration.zero, "1"), (.milliseconds(1), "1"), (.milliseconds(1001), "2"),
        (.seconds(86400), "86400"),
        (.seconds(-5), "1"), (.nanoseconds(1_000_000_001), "2"),
    ])
    func `a wait is told in whole seconds, never too few`(wait: Duration, seconds: String) {
        let response = HTTPResponse.error(429, "later", retryAfter: wait)
        #expect(response.headers["retry-after"] == seconds)
    }
}
