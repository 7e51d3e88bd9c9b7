import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// Transfers one after the other: each has a handle of its own, on a shared connection.
@Suite(.loop) struct ClientHandleTests {
    @Loop @Test func `a request carries nothing of the one before it on the same connection`()
        async throws
    {
        let server = try ScriptedServer { connection in
            while true {
                try await connection.request()
                try await connection.answer("ok")
            }
        }
        let fixture = ClientFixture()
        var coded = HTTPClientRequest(url: server.url, headers: ["x-a": "3"], body: [1])
        coded.decodesBody = true
        let requests = [
            HTTPClientRequest(url: server.url, headers: ["x-a": "1"], body: Array("one".utf8)),
            HTTPClientRequest(url: server.url, headers: ["x-a": "1"], body: Array("two".utf8)),
            HTTPClientRequest(url: server.url + "/b", headers: ["x-b": "2"]),
            HTTPClientRequest(url: server.url, body: [UInt8](repeating: 7, count: 100_000)),
            HTTPClientRequest(url: server.url, headers: ["x-a": "3"], body: Array("five".utf8)),
            coded, coded, HTTPClientRequest(url: server.url, headers: ["x-a": "3"], body: [2]),
            HTTPClientRequest(method: "GET", url: server.url, headers: ["x-a": "3"]),
            .gzip(server.url),
            HTTPClientRequest(method: "PUT", url: server.url, body: Array("put".utf8)),
            HTTPClientRequest(url: server.url, headers: ["x-a": "3"], body: Array("last".utf8)),
            HTTPClientRequest(url: server.url, headers: ["x-a": "3"]),
        ]
        for request in requests { _ = try await fixture.text(fixture.client.send(request)) }
        #expect(server.connections.count == 1)
        let seen = server.connections.first?.requests ?? []
        #expect(seen.count == requests.count)
        for (seen, sent) in zip(seen, requests) {
            let path = sent.url.hasSuffix("/b") ? "/b" : "/"
            #expect(seen.head.hasPrefix("\(sent.method) \(path) HTTP/1.1\r\n"))
            #expect(seen.body == sent.body)
            #expect(seen["x-a"] == sent.headers["x-a"])
            #expect(seen["x-b"] == sent.headers["x-b"])
            #expect((seen["accept-encoding"] != nil) == sent.decodesBody)
            #expect(seen["content-type"] == nil)
        }
        await server.stop()
    }

    /// libcurl 7.88 would continue the last field of the transfer before, in freed memory.
    @Loop @Test(arguments: [" folded: 1", "\tfolded", "  ", " "])
    func `a header that begins with a folded line is an answer of its own`(first: String)
        async throws
    {
        let server = try ScriptedServer { connection in
            for round in 0..<40 {
                try await connection.request()
                let fold = round % 2 == 0 ? "" : "\(first)\(String(repeating: "y", count: 400))\r\n"
                let last = "X-Last: \(String(repeating: "z", count: 40))\r\n"
                try await connection.send(
                    "HTTP/1.1 200 OK\r\n\(fold)Content-Length: 2\r\n\(last)\r\nok"
                )
            }
        }
        let fixture = ClientFixture()
        for _ in 0..<40 {
            let request = HTTPClientRequest(url: server.url, body: Array("x".utf8))
            let response = try? await fixture.client.send(request)
            guard let response else { continue }
            #expect(response.headers["x-last"]?.contains("y") != true)
            _ = try? await fixture.text(response)
        }
        await server.stop()
    }

    @Loop @Test func `a connection that its server closed is not watched, and a new one is made`()
        async throws
    {
        let server = try ScriptedServer { connection in
            for _ in 0..<2 {
                try await connection.request()
                try await connection.answer("ok")
            }
        }
        let fixture = ClientFixture()
        for round in 1...6 {
            let request = HTTPClientRequest(url: server.url, body: Array("x".utf8))
            let text = try await fixture.text(fixture.client.send(request))
            #expect(text == "ok")
            #expect(server.connections.count == (round + 1) / 2)
        }
        await server.stop()
    }
}
