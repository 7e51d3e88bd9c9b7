import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@Suite(.loop) struct ClientCancelTests {
    /// Answers `/half` with half a body, and does not answer any other path.
    @Loop private func makeServer() throws -> ScriptedServer {
        try ScriptedServer { connection in
            let request = try await connection.request()
            if request.head.hasPrefix("GET /half") {
                try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            }
            try await connection.untilClosed()
        }
    }

    @Loop @Test(arguments: ["/silent", "/half"])
    func `cancelling the task closes the connection`(path: String) async throws {
        let server = try makeServer()
        let fixture = ClientFixture()
        var error: HTTPClientError?
        let pool = TaskPool()
        let task = pool.spawn { error = await fixture.failure(ofGet: server.url + path) }
        await turn { server.connections.first?.requests.count == 1 }
        await settle()
        task.cancel()
        await pool.drain()
        let (reported, transfers) = (error, fixture.client.transfers)
        #expect(reported == .cancelled)
        #expect(transfers == 0)
        await turn { server.connections.allSatisfy(\.isPeerGone) }
        await server.stop()
    }

    @Loop @Test func `a task that is cancelled already sends nothing`() async throws {
        let server = try makeServer()
        let fixture = ClientFixture()
        var error: HTTPClientError?
        let pool = TaskPool()
        pool.spawn { error = await fixture.failure(ofGet: server.url) }.cancel()
        await pool.drain()
        let reported = error
        #expect(reported == .cancelled)
        #expect(server.connections.isEmpty)
        await server.stop()
    }

    @Loop @Test func `a response that is dropped closes its connection`() async throws {
        let server = try makeServer()
        let fixture = ClientFixture()
        do { _ = try await fixture.get(server.url + "/half") }
        await turn { server.connections.allSatisfy(\.isPeerGone) }
        let transfers = fixture.client.transfers
        #expect(transfers == 0)
        await server.stop()
    }

    @Loop @Test func `a response that is cancelled says so to its reader`() async throws {
        let server = try makeServer()
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url + "/half")
        response.cancel()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            _ = try await response.next()
        }
        #expect(error == .cancelled)
        await turn { server.connections.allSatisfy(\.isPeerGone) }
        await server.stop()
    }

    @Loop @Test func `a complete answer may be dropped and its connection is kept`() async throws {
        let server = try ScriptedServer { connection in
            while true {
                try await connection.request()
                try await connection.answer("ok")
            }
        }
        let fixture = ClientFixture()
        for _ in 0..<3 {
            let response = try await fixture.get(server.url)
            await turn { response.unread.bytes == 2 && fixture.client.transfers == 0 }
        }
        await settle()
        #expect(server.connections.map(\.requests.count) == [3])
        await server.stop()
    }

    @Loop @Test func `a client that goes leaves its running answers alone`() async throws {
        let bell = Wakeup()
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            try await bell.wait()
            try await connection.send("full")
            try await connection.untilClosed()
        }
        var body: [UInt8] = []
        do {
            let response = try await ClientFixture().get(server.url)
            bell.signal()
            body = try await response.collect(atMost: .kibibytes(1))
        }
        #expect(body == Array("halffull".utf8))
        await turn { server.connections.allSatisfy(\.isPeerGone) }
        await server.stop()
    }

    @Loop @Test func `more transfers than allowed are refused`() async throws {
        let server = try makeServer()
        let fixture = ClientFixture(maxTransfers: 1)
        let response = try await fixture.get(server.url + "/half")
        let error = await fixture.failure(ofGet: server.url)
        #expect(error == .busy(host: "127.0.0.1:\(server.port)", limit: 1))
        response.cancel()
        await server.stop()
    }
}
