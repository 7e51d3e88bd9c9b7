import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@Suite(.loop) struct ClientFaultTests {
    // MARK: Connections that end

    @Loop @Test func `a refused connection is an error before the first byte`() async throws {
        let server = try ScriptedServer { _ in }
        await server.stop()
        let error = try #require(await ClientFixture().failure(ofGet: server.url + "/p?secret=1"))
        let host = "127.0.0.1:\(server.port)"
        #expect(error == .unreachable(host: host, reason: "connect: Connection refused"))
        #expect(error.isBeforeFirstByte)
        #expect(!"\(error)".contains("secret"))
    }

    @Loop @Test(arguments: [false, true])
    func `a new connection that dies unanswered is not tried again`(isReset: Bool) async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            if isReset { connection.reset() }
        }
        let error = try #require(await ClientFixture().failure(ofGet: server.url))
        #expect(error == .cut(host: "127.0.0.1:\(server.port)", received: 0))
        #expect(error.isBeforeFirstByte)
        #expect(server.connections.count == 1)
        await server.stop()
    }

    @Loop @Test(arguments: [false, true])
    func `a pooled connection that dies unanswered is replaced once`(isReset: Bool) async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.answer("\(connection.index)")
            try await connection.request()
            if isReset { connection.reset() }
        }
        let fixture = ClientFixture()
        let first = try await fixture.text(fixture.get(server.url))
        let second = try await fixture.text(fixture.get(server.url))
        #expect([first, second] == ["0", "1"])
        #expect(server.connections.map(\.requests.count) == [2, 1])
        await server.stop()
    }

    @Loop @Test func `the second death ends the request`() async throws {
        let server = try ScriptedServer { connection in
            if connection.index == 0 {
                try await connection.request()
                try await connection.answer("ok")
            }
            try await connection.request()
        }
        let fixture = ClientFixture()
        _ = try await fixture.text(fixture.get(server.url))
        let error = try #require(await fixture.failure(ofGet: server.url))
        #expect(error.isBeforeFirstByte)
        #expect(server.connections.map(\.requests.count) == [2, 1])
        await server.stop()
    }

    @Loop
    @Test(arguments: ["H", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nX-A"])
    func `after one byte of an answer nothing is sent again`(start: String) async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.answer("ok")
            try await connection.request()
            try await connection.send(start)
        }
        let fixture = ClientFixture()
        _ = try await fixture.text(fixture.get(server.url))
        let error = try #require(await fixture.failure(ofGet: server.url))
        #expect(!error.isBeforeFirstByte, "\(error)")
        #expect(server.connections.map(\.requests.count).reduce(0, +) == 2)
        await server.stop()
    }

    @Loop
    @Test(
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf",
        ],
        [false, true]
    )
    func `a cut answer gives what came, then the error`(start: String, isReset: Bool) async throws {
        let bell = Wakeup()
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send(start)
            try await bell.wait()
            if isReset { connection.reset() }
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        await turn { response.unread.bytes == 4 }
        bell.signal()
        let part = try await response.next()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            _ = try await response.next()
        }
        #expect(part == Array("half".utf8))
        guard case .cut(_, let received) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(received >= start.utf8.count - 10)
        await server.stop()
    }

    // MARK: Invalid answers

    @Loop
    @Test(arguments: [
        "hello\r\n\r\n", "SSH-2.0-x\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func `what is not HTTP is an error`(answer: String) async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send(answer)
            try await connection.untilClosed()
        }
        let fixture = ClientFixture()
        let error = try #require(await fixture.failure(ofGet: server.url))
        let transfers = fixture.client.transfers
        #expect(!error.isBeforeFirstByte, "\(error)")
        #expect(transfers == 0)
        await server.stop()
    }

    @Loop @Test func `a header block over 64 KiB is refused`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\n")
            while true {
                try await connection.send("X-A: \(String(repeating: "x", count: 1000))\r\n")
            }
        }
        let error = await ClientFixture().failure(ofGet: server.url)
        #expect(error == .tooLarge(host: "127.0.0.1:\(server.port)", limit: .kibibytes(64)))
        await server.stop()
    }

    @Loop @Test func `a header line without end is refused`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nX-A: ")
            while true { try await connection.send(String(repeating: "x", count: 1000)) }
        }
        let error = await ClientFixture().failure(ofGet: server.url)
        #expect(error != nil)
        await server.stop()
    }

    @Loop @Test func `a body over the limit ends the exchange, announced or not`() async throws {
        let server = try ScriptedServer { connection in
            let request = try await connection.request()
            let length = request.head.hasPrefix("GET /known") ? "Content-Length: 12\r\n" : ""
            try await connection.send("HTTP/1.1 200 OK\r\n\(length)\r\n12345678901")
            try await connection.untilClosed()
        }
        let fixture = ClientFixture()
        for path in ["/known", "/unknown"] {
            let response = try await fixture.get(server.url + path)
            let error = await fixture.failure { () async throws(HTTPClientError) in
                _ = try await response.collect(atMost: ByteCount(10))
            }
            #expect(error == .tooLarge(host: "127.0.0.1:\(server.port)", limit: ByteCount(10)))
        }
        await turn { server.connections.allSatisfy(\.isPeerGone) }
        await server.stop()
    }

    @Loop @Test func `a gzip bomb is stopped at the reader's limit`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
            try await connection.send(gzipBomb(matches: 40_000))
        }
        let fixture = ClientFixture()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            let response = try await fixture.client.send(.gzip(server.url))
            _ = try await response.collect(atMost: .mebibytes(4))
        }
        #expect(error == .tooLarge(host: "127.0.0.1:\(server.port)", limit: .mebibytes(4)))
        await server.stop()
    }

    @Loop @Test func `broken gzip is an error`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.answer("not gzip at all", fields: "Content-Encoding: gzip\r\n")
        }
        let fixture = ClientFixture()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            let response = try await fixture.client.send(.gzip(server.url))
            _ = try await response.collect(atMost: .mebibytes(16))
        }
        guard case .badAnswer = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        await server.stop()
    }

    @Loop @Test func `a plain server is no TLS server`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            try await connection.untilClosed()
        }
        let error = await ClientFixture().failure(ofGet: "https://127.0.0.1:\(server.port)/")
        guard case .tls(let host, .handshake, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(host == "127.0.0.1:\(server.port)")
        await server.stop()
    }
}

/// Makes a gzip body that inflates to 258 zeros plus 258 for each of `matches`, which takes 13
/// bits.
private func gzipBomb(matches: Int) -> [UInt8] {
    var (bits, bytes) = ([UInt8](), [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3] as [UInt8])
    bits += [1, 1, 0]  // the last block, of fixed Huffman codes (RFC 1951, section 3.2.6)
    bits += [0, 0, 1, 1, 0, 0, 0, 0]  // the literal 0
    let match: [UInt8] = [1, 1, 0, 0, 0, 1, 0, 1] + [0, 0, 0, 0, 0]  // 258 bytes from 1 back
    for _ in 0..<matches { bits += match }
    for start in stride(from: 0, to: bits.count - 7, by: 8) {
        bytes.append((0..<8).reduce(0) { $0 | bits[start + $1] << $1 })
    }
    return bytes
}
