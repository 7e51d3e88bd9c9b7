import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Glibc
import Testing

@Suite(.loop) struct ClientExchangeTests {
    @Loop @Test func `an answer arrives with its status, fields and body`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send(
                "HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a:  2 \r\nContent-Length: 2\r\n\r\nhi"
            )
        }
        let fixture = ClientFixture()
        let response = try await fixture.get("\(server.url)/path?q=1")
        let (status, fields) = (response.status, response.headers)
        let text = try await fixture.text(response)
        #expect(status == 404)
        #expect(fields.all("X-a") == ["1", "2"])
        #expect(text == "hi")
        let request = try #require(server.connections.first?.requests.first)
        #expect(request.head.hasPrefix("GET /path?q=1 HTTP/1.1\r\n"))
        #expect(request["user-agent"] == "berth/test")
        #expect(request["expect"] == nil)
        #expect(request["accept-encoding"] == nil)
        await server.stop()
    }

    @Loop @Test(arguments: [0, 1, 65536, 65537, 700_000])
    func `a body is sent as it is`(size: Int) async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.answer("ok")
        }
        let fixture = ClientFixture()
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
        let response = try await fixture.client.send(
            HTTPClientRequest(
                url: server.url,
                headers: ["authorization": "Bearer x", "x-empty": ""],
                body: body
            )
        )
        let text = try await fixture.text(response)
        let request = try #require(server.connections.first?.requests.first)
        #expect(text == "ok")
        #expect(request.head.hasPrefix("POST / HTTP/1.1\r\n"))
        #expect(request.body == body)
        #expect(request["authorization"] == "Bearer x")
        #expect(request["x-empty"] == "")
        #expect(request["content-type"] == nil)
        await server.stop()
    }

    @Loop @Test(arguments: ["PUT", "DELETE", "PATCH", "GET"])
    func `any method goes with and without a body`(method: String) async throws {
        let server = try ScriptedServer { connection in
            while true {
                try await connection.request()
                try await connection.answer("ok")
            }
        }
        let fixture = ClientFixture()
        for body in [[], Array("x".utf8)] {
            let response = try await fixture.client.send(
                HTTPClientRequest(method: method, url: server.url, body: body)
            )
            _ = try await fixture.text(response)
        }
        let requests = server.connections.flatMap(\.requests)
        #expect(requests.map { $0.head.hasPrefix("\(method) / ") } == [true, true])
        #expect(requests.map(\.body) == [[], Array("x".utf8)])
        await server.stop()
    }

    @Loop @Test func `a connection is used again`() async throws {
        let server = try ScriptedServer { connection in
            while true {
                try await connection.request()
                try await connection.answer("ok")
            }
        }
        let fixture = ClientFixture()
        for _ in 0..<20 { _ = try await fixture.text(fixture.get(server.url)) }
        #expect(server.connections.map(\.requests.count) == [20])
        #expect(fixture.client.transfers == 0)
        #expect(fixture.clock.pending <= 1)
        await server.stop()
    }

    @Loop @Test func `a chunked answer may come byte by byte`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.drip(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
            )
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        let text = try await fixture.text(response)
        let trailer = response.headers["x-trailer"]
        #expect(text == "hello world")
        #expect(trailer == nil)
        await server.stop()
    }

    @Loop @Test func `pieces arrive before the answer is complete`() async throws {
        let bell = Wakeup()
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\n\r\nfirst")
            try await bell.wait()
            try await connection.send("second")
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        let first = try await response.next()
        bell.signal()
        let second = try await response.next()
        let end = try await response.next()
        #expect(first == Array("first".utf8))
        #expect(second == Array("second".utf8))
        #expect(end == nil)
        await server.stop()
    }

    @Loop @Test func `interim answers are skipped`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send(
                "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
            )
            try await connection.answer("ok")
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        let (status, early) = (response.status, response.headers["x-early"])
        #expect(status == 200)
        #expect(early == nil)
        await server.stop()
    }

    @Loop
    @Test(arguments: [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")])
    func `an answer without a body ends at its header`(method: String, status: String) async throws
    {
        let server = try ScriptedServer { connection in
            try await connection.request()
            let length = status.hasPrefix("204") ? "" : "Content-Length: 9000000\r\n"
            try await connection.send("HTTP/1.1 \(status)\r\n\(length)\r\n")
            try await connection.untilClosed()
        }
        let fixture = ClientFixture()
        let response = try await fixture.client.send(
            HTTPClientRequest(method: method, url: server.url)
        )
        let end = try await response.next()
        #expect(end == nil)
        await server.stop()
    }

    @Loop @Test func `redirects are given to the caller`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.answer("", status: "302 Found", fields: "Location: /x\r\n")
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        let (status, location) = (response.status, response.headers["location"])
        #expect(status == 302)
        #expect(location == "/x")
        await server.stop()
    }

    @Loop @Test func `an early refusal reaches the caller while the body is being sent`()
        async throws
    {
        let server = try ScriptedServer { connection in
            try await connection.answer("no", status: "413 Too Large")
            try await connection.untilClosed()
        }
        let fixture = ClientFixture()
        let response = try await fixture.client.send(
            HTTPClientRequest(url: server.url, body: [UInt8](repeating: 1, count: 8 << 20))
        )
        let status = response.status
        let text = try await fixture.text(response)
        #expect(status == 413)
        #expect(text == "no")
        await server.stop()
    }

    @Loop @Test func `a Unix-domain socket is reached, and a long path refused`() async throws {
        let path = "/tmp/berth-client-test-\(UInt32.random(in: 0 ... .max)).sock"
        let server = try ScriptedServer(unixSocket: path) { connection in
            try await connection.request()
            try await connection.answer("local")
        }
        let fixture = ClientFixture()
        var request = HTTPClientRequest(method: "GET", url: "http://berth/x")
        request.unixSocket = path
        let text = try await fixture.text(fixture.client.send(request))
        let host = try #require(server.connections.first?.requests.first)["host"]
        request.unixSocket = "/" + String(repeating: "x", count: 107)
        let wrong = request
        let error = await fixture.failure { () async throws(HTTPClientError) in
            _ = try await fixture.client.send(wrong)
        }
        #expect(text == "local")
        #expect(host == "berth")
        #expect(error == .badRequest(reason: "the path of its Unix socket is over 107 bytes"))
        await server.stop()
        unsafe unlink(path)
    }

    @Loop @Test func `fifty at once get each their own answer`() async throws {
        let server = try ScriptedServer { connection in
            while true {
                let request = try await connection.request()
                try await connection.answer(request["x-number"] ?? "")
            }
        }
        let fixture = ClientFixture()
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask { try await ask(fixture, server.url, number) }
            }
            var right = 0
            while let isRight = try await group.next() { right += isRight ? 1 : 0 }
            return right
        }
        #expect(right == 50)
        await server.stop()
    }

    @Loop @Test func `a gzip answer is decoded when it was asked for`() async throws {
        let body: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0x48, 0xAF,
            0xCA,
            0x2C, 0x50, 0xC8, 0x80, 0x33, 1, 0xAC, 0x5F, 0xF1, 0x27, 0x15, 0, 0, 0,
        ]
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n"
            )
            try await connection.send(body)
        }
        let fixture = ClientFixture()
        let response = try await fixture.client.send(.gzip(server.url))
        let text = try await fixture.text(response)
        let fields = response.headers
        #expect(text == "hello gzip hello gzip")
        #expect(fields["content-encoding"] == nil && fields["content-length"] == nil)
        let raw = try await fixture.get(server.url).collect(atMost: .mebibytes(1))
        #expect(raw == body)
        await server.stop()
    }
}

@Loop private func ask(_ fixture: ClientFixture, _ url: String, _ number: Int) async throws -> Bool
{
    let response = try await fixture.client.send(
        HTTPClientRequest(url: url, headers: ["x-number": "\(number)"])
    )
    return try await fixture.text(response) == "\(number)"
}
