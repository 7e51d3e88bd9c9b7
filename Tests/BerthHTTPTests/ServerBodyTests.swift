import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop) struct HTTPServerBodyTests {
    private static func limits(body: ByteCount) -> HTTPServerLimits {
        var limits = HTTPServerLimits.patient
        limits.body = body
        return limits
    }

    @Loop @Test(arguments: [0, 1, 4096, 20_000, 1_000_000])
    func `a body comes back as it was sent`(size: Int) async throws {
        try await withServer(handler: echo) { server in
            let body = [UInt8]((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            let client = try RawClient(port: server.port)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
            async let response = client.response()
            try await client.send(body)
            let (whole, same) = (try await response.isWhole, try await response.body == body)
            #expect(whole && same)
        }
    }

    @Loop @Test func `a chunked body is put together`() async throws {
        try await withServer(handler: echo) { server in
            let client = try RawClient(port: server.port)
            let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            let response = try await client.ask(
                head + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nA: b\r\n\r\n"
            )
            #expect(response.text == "abcdefg")
            #expect(try await client.ask(get()).status == 200)
        }
    }

    @Loop @Test(arguments: ["zz\r\nabc", "3\r\nabcd\r\n", "fffffffffffffffff\r\n", "-1\r\n"])
    func `a broken chunk ends the connection and the handler's wait`(chunk: String) async throws {
        var error: HTTPServerError?
        let handler: HTTPHandler = { request in
            do throws(HTTPServerError) {
                _ = try await request.body.collect(atMost: .mebibytes(1))
            } catch let caught { error = caught }
            return .text("")
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
            )
            let answer = String(decoding: try await client.readToEnd(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 4") || answer.isEmpty)
        }
        #expect(error == .clientGone)
    }

    @Loop @Test func `a body over the cap is refused by its length before it is sent`() async throws
    {
        try await withServer(limits: Self.limits(body: .kibibytes(64)), handler: echo) { server in
            let client = try RawClient(port: server.port)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n")
            let response = try await client.response()
            #expect(response.status == 413)
            #expect(response.header("Connection") == "close")
            #expect(response.text.contains("64 KiB"))
        }
    }

    @Loop @Test func `a refusal speaks the language of its path`() async throws {
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: Self.limits(body: .kibibytes(1)),
            in: .quiet()
        )
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn {
            try? await server.serve(
                until: stop,
                refusal: { .json(Array("[\"\($0.path) \($0.status)\"]".utf8), status: $0.status) },
                hello
            )
        }
        let client = try RawClient(port: server.port)
        let response = try await client.ask(
            "POST /v1/x?secret HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"
        )
        #expect(response.text == #"["/v1/x 413"]"#)
        #expect(response.header("Content-Type") == "application/json")
        client.close()
        stop.request()
        await pool.drain()
    }

    @Loop @Test func `a client that sends on regardless can still read its 413`() async throws {
        try await withServer(limits: Self.limits(body: .kibibytes(64)), handler: echo) { server in
            let client = try RawClient(port: server.port)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
            try await client.send([UInt8](repeating: 0, count: 100_000))
            #expect(try await client.response().status == 413)
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Loop @Test func `a chunked body is refused as soon as it passes the cap`() async throws {
        var error: HTTPServerError?
        let handler: HTTPHandler = { request in
            do throws(HTTPServerError) { while try await request.body.next() != nil {} } catch let
                caught
            { error = caught }
            return .text("unseen")
        }
        let limits = Self.limits(body: .kibibytes(8))
        try await withServer(limits: limits, handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            let chunk = "1000\r\n" + String(repeating: "a", count: 4096) + "\r\n"
            for _ in 0..<3 { try await client.send(chunk) }
            let response = try await client.response()
            #expect(response.status == 413)
            #expect(response.header("x-request-id")?.hasPrefix("req-") == true)
            // The server reads on for a while, and then closes the connection.
            var sent = 0
            while sent < 1 << 20, client.sendSome(Array(chunk.utf8)[...]) > 0 { sent += 4096 }
            #expect(await eventually { server.openConnections == 0 })
        }
        #expect(error == .bodyTooLarge(limit: .kibibytes(8)))
    }

    @Loop @Test func `a handler's own limit leaves the answer to the handler`() async throws {
        let handler: HTTPHandler = { request in
            do {
                return .text("\(try await request.body.collect(atMost: ByteCount(10)).count)")
            } catch { return .text("mine", status: 413) }
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            #expect(try await client.ask(post("0123456789")).text == "10")
            let large = String(repeating: "a", count: 50_000)
            #expect(try await client.ask(post(large)).text == "mine")
            #expect(try await client.ask(post("01")).text == "2")  // on the same connection
        }
    }

    @Loop @Test func `100 Continue is sent when the handler asks for the body`() async throws {
        try await withServer(handler: echo) { server in
            let client = try RawClient(port: server.port)
            try await client.send(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(try await client.response().status == 100)
            try await client.send("abc")
            #expect(try await client.response().text == "abc")
        }
    }

    @Loop @Test func `a client that waits for 100 Continue may be refused without it`() async throws
    {
        let handler: HTTPHandler = { _ in .text("no", status: 401) }
        try await withServer(limits: Self.limits(body: .kibibytes(1)), handler: handler) { server in
            for (length, status) in [(1000, 401), (2000, 413)] {
                let client = try RawClient(port: server.port)
                try await client.send(
                    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n"
                        + "Expect: 100-continue\r\n\r\n"
                )
                let response = try await client.response()
                #expect(response.status == status)
                #expect(response.header("Connection") == "close")
                #expect(try await client.readToEnd().isEmpty)
            }
        }
    }

    @Loop @Test func `a client waits while its body is not read`() async throws {
        let size = 48 << 20
        let gate = Wakeup()
        let handler: HTTPHandler = { request in
            try? await gate.wait()
            var count = 0
            while let piece = try? await request.body.next() { count += piece.count }
            return .text("\(count)")
        }
        try await withServer(limits: Self.limits(body: .mebibytes(64)), handler: handler) {
            server in
            let client = try RawClient(port: server.port)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(size)\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 256 << 10)
            var sent = 0
            var quiet = 0
            while quiet < 200, sent < size {
                let count = client.sendSome(piece[...])
                sent += max(0, count)
                quiet = count > 0 ? 0 : quiet + 1
                await settle()
            }
            #expect(sent < size / 2, "the kernel's buffers are full, ours are not")
            gate.signal()
            while sent < size {
                let rest = min(piece.count, size - sent)
                try await client.send(Array(piece[..<rest]))
                sent += rest
            }
            #expect(try await client.response().text == "\(size)")
        }
    }
}
