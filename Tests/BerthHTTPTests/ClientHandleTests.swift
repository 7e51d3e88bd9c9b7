import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// A handle keeps the options that most requests share, so each request must say what differs.
@Suite(.loop) struct ClientHandleTests {
    @Loop @Test func `a request carries nothing of the one before it on the same handle`()
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
        let spare = fixture.client.spareHandles
        #expect(spare == 1)
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
