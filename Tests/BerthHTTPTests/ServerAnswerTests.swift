import BerthHTTP
import BerthLoop
import BerthTestKit
import Testing

@Suite(.loop) struct HTTPServerAnswerTests {
    @Loop @Test(arguments: [0, 1, 16 << 10, (16 << 10) + 1, 3 << 20])
    func `a whole answer arrives whole`(size: Int) async throws {
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let handler: HTTPHandler = { _ in .bytes(body, type: "x/y") }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            for _ in 0..<2 {
                let response = try await client.ask(get())
                let same = response.isWhole && response.body == body
                #expect(same)
            }
        }
    }

    @Loop @Test func `a streamed answer comes as it is written`() async throws {
        let gate = Wakeup()
        let handler: HTTPHandler = { _ in
            .events { writer in
                try await writer.write(Array("one".utf8))
                try await gate.wait()
                try await writer.write(Array("two".utf8))
            }
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(get())
            let head = try await client.read(until: "one\r\n")
            #expect(head.contains("Transfer-Encoding: chunked"))
            #expect(head.contains("Content-Type: text/event-stream"))
            gate.signal()
            #expect(try await client.read(until: "0\r\n\r\n") == "3\r\ntwo\r\n0\r\n\r\n")
            try await client.send(get())
            gate.signal()
            let again = try await client.response()
            #expect(again.isWhole && again.text == "onetwo")
        }
    }

    @Loop @Test func `HTTP 1.0 gets its stream up to the connection's end`() async throws {
        let handler: HTTPHandler = { _ in .events { try await $0.write(Array("abc".utf8)) } }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            let response = try await client.response()
            #expect(response.text == "abc")
            #expect(response.header("Transfer-Encoding") == nil)
        }
    }

    @Loop @Test func `HEAD is answered without a body`() async throws {
        let handler: HTTPHandler = { request in
            request.path == "/s" ? .events { try await $0.write([1]) } : .text("hello")
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            for path in ["/", "/s", "/"] {
                let response = try await client.ask("HEAD \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(response.status == 200)
                #expect(path == "/s" || response.header("Content-Length") == "5")
            }
            #expect(try await client.ask(get()).text == "hello")
        }
    }

    @Loop @Test func `a stream that fails is cut, not ended`() async throws {
        struct Broken: Error {}
        let handler: HTTPHandler = { _ in
            .events { writer in
                try await writer.write(Array("abc".utf8))
                throw Broken()
            }
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            let response = try await client.ask(get())
            #expect(response.status == 200)
            #expect(!response.isWhole)
        }
    }

    @Loop @Test func `a writer waits for a client that does not read`() async throws {
        var written = 0
        var error: HTTPServerError?
        let handler: HTTPHandler = { _ in
            .events { writer in
                do throws(HTTPServerError) {
                    while written < 64 << 20 {
                        try await writer.write([UInt8](repeating: 1, count: 4096))
                        written += 4096
                    }
                } catch let caught { error = caught }
            }
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port, receiveBuffer: 16 << 10)
            try await client.send(get())
            _ = try await client.read(until: "\r\n\r\n")
            var (last, quiet) = (-1, 0)
            while quiet < 200 {
                quiet = written == last ? quiet + 1 : 0
                last = written
                await settle()
            }
            #expect(written < 32 << 20)
            client.close()
            #expect(await eventually { error == .clientGone })
        }
    }

    @Loop @Test func `a field that cannot be sent is left out`() async throws {
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                headers: [
                    "X-Evil": "a\r\nSet-Cookie: b", "Bad Name": "c", "X-Good": "d",
                    "Content-Length": "99", "Transfer-Encoding": "gzip", "x-request-id": "e",
                ],
                body: .bytes([65])
            )
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            let response = try await client.ask(get())
            #expect(!response.head.contains("Cookie") && !response.head.contains("Bad"))
            #expect(response.header("X-Good") == "d")
            #expect(response.header("Content-Length") == "1")
            #expect(response.header("x-request-id")?.hasPrefix("req-") == true)
        }
    }

    @Loop
    @Test(arguments: [
        ("gzip", "text/html; charset=utf-8", 1400, true), ("gzip", "application/json", 5000, true),
        ("br, *;q=0.1", "image/svg+xml", 5000, true), ("gzip", "text/html", 1399, false),
        ("gzip;q=0", "text/html", 5000, false), ("", "text/html", 5000, false),
        ("gzip", "image/png", 5000, false), ("gzip", "text/plain", 300_000, false),
        ("deflate, gzip;q=0.5", "application/javascript", 5000, true),
    ])
    func `larger texts are compressed where the client allows it`(
        accepted: String,
        type: String,
        size: Int,
        isCompressed: Bool
    ) async throws {
        let body = Array(String(repeating: "abcdefghi\n", count: size / 10 + 1).utf8.prefix(size))
        let handler: HTTPHandler = { _ in .bytes(body, type: type) }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            let response = try await client.ask(get("/", "Accept-Encoding: \(accepted)"))
            #expect((response.header("Content-Encoding") == "gzip") == isCompressed)
            #expect(!isCompressed || response.header("Vary") == "Accept-Encoding")
            #expect(response.body.starts(with: [0x1F, 0x8B]) == isCompressed)
            // A gzip member ends with the length of its content (RFC 1952).
            let length = response.body.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect(isCompressed ? length == size : response.body == body)
        }
    }

    @Loop @Test func `an impossible status is an error of ours`() async throws {
        let handler: HTTPHandler = { _ in .text("", status: 42) }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            #expect(try await client.ask(get()).status == 500)
        }
    }
}
