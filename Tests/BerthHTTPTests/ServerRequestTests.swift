import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@Suite(.loop) struct HTTPServerRequestTests {
    @Loop @Test func `requests are answered one after the other on one connection`() async throws {
        try await withServer(handler: hello) { server in
            let client = try RawClient(port: server.port)
            for _ in 0..<3 {
                let response = try await client.ask(get())
                #expect(response.status == 200)
                #expect(response.text == "hello")
                #expect(response.header("Date") != nil)
                #expect(response.header("x-request-id")?.hasPrefix("req-") == true)
            }
            #expect(server.openConnections == 1)
        }
    }

    @Loop @Test func `pipelined requests are answered in order`() async throws {
        let handler: HTTPHandler = { .text($0.path) }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(get("/a") + get("/b") + post("abc") + get("/c"))
            for path in ["/a", "/b", "/", "/c"] {
                #expect(try await client.response().text == path)
            }
        }
    }

    @Loop
    @Test(arguments: [
        ("abc-1.2_Z", "abc-1.2_Z"), ("", nil), ("a b", nil), ("a\"b", nil),
        (String(repeating: "a", count: 65), nil),
    ])
    func `a client's own request id is taken when it is sane`(
        id: String,
        taken: String?
    ) async throws {
        let handler: HTTPHandler = { .text($0.id) }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            let response = try await client.ask(get("/", "X-Request-ID: \(id)"))
            let answered = response.header("x-request-id") ?? ""
            #expect(response.text == answered)
            #expect(
                taken == nil
                    ? answered.hasPrefix("req-") && answered.count == 20 : answered == taken
            )
        }
    }

    @Loop @Test func `what the handler sees is what was sent`() async throws {
        let handler: HTTPHandler = { request in
            let parts = [
                request.method, request.path, request.query("q") ?? "nil",
                request.query("none") ?? "nil", request.headers["X-A"] ?? "nil",
                "\(request.headers.all("x-a").count)", "\(request.peer)",
            ]
            return .text(parts.joined(separator: "|"))
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            let target = "/a%20b%2Fc%C3%A9?p=1&q=x%26y+z"
            let response = try await client.ask(get(target, "X-A: 1", "x-a: 2"))
            #expect(
                response.text
                    == "GET|/a b/cé|x&y z|nil|1|2|network(address: \"127.0.0.1\")"
            )
        }
    }

    /// Characters of ISO-8859-1 have no marks, which take long to compare.
    @Loop @Test func `bytes of a head that are not ASCII are ISO-8859-1`() async throws {
        let handler: HTTPHandler = { request in .text(request.headers["x-a"] ?? "none") }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            let response = try await client.ask(get("/", "X-A: e\u{301}"))
            #expect(response.text.utf8.elementsEqual("e\u{CC}\u{81}".utf8))
        }
    }

    @Loop
    @Test(arguments: [
        ("/%", 400), ("/%4", 400), ("/%zz", 400), ("/a%00b", 400), ("/%ff", 400), ("a", 400),
        ("/%C3%A9", 200), ("/+", 200), ("*", 200), ("http://h/x", 200), ("http://h", 200),
        ("/?%zz", 200), ("/é", 400), ("/?é", 400),
    ])
    func `a path that does not decode is refused`(target: String, status: Int) async throws {
        try await withServer(handler: hello) { server in
            let client = try RawClient(port: server.port)
            #expect(try await client.ask(get(target)).status == status)
        }
    }

    @Loop
    @Test(arguments: [
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: identity",
        "Host: y", "Content-Length : 3", "X Y: 3", "X(): 3", "Content-Length: +3",
        "Content-Length: 3, 3", "Content-Length: -1", "Content-Length: x",
    ])
    func `ambiguous framing is refused and the connection closed`(fields: String) async throws {
        var calls = 0
        let handler: HTTPHandler = { _ in
            calls += 1
            return .text("no")
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\nabc")
            let answer = String(decoding: try await client.readToEnd(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            #expect(answer.contains("Connection: close"))
        }
        #expect(calls == 0)
    }

    @Loop @Test func `a request without Host is refused`() async throws {
        try await withServer(handler: hello) { server in
            let client = try RawClient(port: server.port)
            try await client.send("GET / HTTP/1.1\r\n\r\n")
            let answer = String(decoding: try await client.readToEnd(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Loop @Test func `a header of any size is answered, never dropped`() async throws {
        try await withServer(handler: hello) { server in
            for size in stride(from: 200, through: 9800, by: 200) {
                let one = try RawClient(port: server.port)
                let long = String(repeating: "a", count: size)
                let first = try await one.ask(get("/", "X-Long: \(long)"))
                #expect([200, 431].contains(first.status), "one field of \(size)")
                #expect(first.status == (size < 6000 ? 200 : size > 8000 ? 431 : first.status))
                let many = try RawClient(port: server.port)
                let fields = (0..<size / 20).map { "X-\($0): 12345678" }.joined(separator: "\r\n")
                let second = try await many.ask(get("/", fields))
                #expect([200, 431].contains(second.status), "\(size / 20) fields")
                let target = try RawClient(port: server.port)
                let third = try await target.ask(get("/" + long))
                #expect([200, 431, 414].contains(third.status), "a target of \(size)")
            }
        }
    }

    @Loop @Test(arguments: ["a=1&", "&", "a;"])
    func `a query or a cookie of very many parts leaves the server well`(part: String) async throws
    {
        try await withServer(handler: hello) { server in
            for count in [10, 100, 500, 1000, 1800] {
                let many = String(repeating: part, count: min(count, 7000 / part.count))
                let client = try RawClient(port: server.port)
                try await client.send(get("/?" + many.filter { $0 != ";" }))
                _ = try? await client.response()
                let other = try RawClient(port: server.port)
                try await other.send(get("/", "Cookie: " + many))
                _ = try? await other.response()
            }
            let client = try RawClient(port: server.port)
            #expect(try await client.ask(get()).status == 200)
        }
    }

    @Loop
    @Test(arguments: [
        "\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / a HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}",
    ])
    func `nonsense harms nobody`(bytes: String) async throws {
        try await withServer(handler: hello) { server in
            let nonsense = try RawClient(port: server.port)
            try await nonsense.send(bytes)
            nonsense.finishSending()
            _ = try await nonsense.readToEnd()
            let client = try RawClient(port: server.port)
            #expect(try await client.ask(get()).status == 200)
        }
    }
}
