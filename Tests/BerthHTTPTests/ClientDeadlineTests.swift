import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@Suite(.loop) struct ClientDeadlineTests {
    @Loop @Test func `a server that never shakes hands is given up after 10 s`() async throws {
        let server = try ScriptedServer { try await $0.untilClosed() }
        let fixture = ClientFixture()
        let error = Outcome<HTTPClientError>()
        let pool = TaskPool()
        pool.spawn {
            error.value = await fixture.failure(ofGet: "https://127.0.0.1:\(server.port)/")
        }
        await turn { server.connections.count == 1 }
        fixture.clock.advance(by: .milliseconds(9_999))
        await settle()
        let early = error.value
        fixture.clock.advance(by: .milliseconds(1))
        await pool.drain()
        let late = error.value
        #expect(early == nil)
        #expect(late == .connectTimeout(host: "127.0.0.1:\(server.port)", after: .seconds(10)))
        #expect(late?.isBeforeFirstByte == true)
        await turn { server.connections.allSatisfy(\.isPeerGone) }
        await server.stop()
    }

    @Loop @Test(arguments: ["", "HTTP/1.1 200 OK\r\nX-A: 1\r\n"])
    func `an answer that does not begin is given up after 120 s`(start: String) async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send(start)
            try await connection.untilClosed()
        }
        let fixture = ClientFixture()
        let error = Outcome<HTTPClientError>()
        let pool = TaskPool()
        pool.spawn { error.value = await fixture.failure(ofGet: server.url) }
        await turn { server.connections.first?.sent == start.utf8.count }
        await turn { server.connections.first?.requests.count == 1 }
        await settle()
        fixture.clock.advance(by: .milliseconds(119_999))
        await settle()
        let early = error.value
        fixture.clock.advance(by: .milliseconds(1))
        await pool.drain()
        let host = "127.0.0.1:\(server.port)"
        let wanted = HTTPClientError.firstByteTimeout(
            host: host,
            after: .seconds(120),
            received: start.utf8.count
        )
        let late = error.value
        #expect(early == nil)
        #expect(late == wanted)
        #expect(late?.isBeforeFirstByte == start.isEmpty)
        #expect(server.connections.count == 1)
        await turn { server.connections.allSatisfy(\.isPeerGone) }
        await server.stop()
    }

    @Loop @Test func `a slow first byte within the deadline is waited for`() async throws {
        let bell = Wakeup()
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await bell.wait()
            try await connection.answer("late")
        }
        let fixture = ClientFixture()
        let text = Outcome<String>()
        let pool = TaskPool()
        pool.spawn { text.value = try? await fixture.text(fixture.get(server.url)) }
        await turn { server.connections.first?.requests.count == 1 }
        fixture.clock.advance(by: .seconds(119))
        bell.signal()
        await pool.drain()
        let late = text.value
        #expect(late == "late")
        await server.stop()
    }

    @Loop @Test func `a body that stops coming is given up after 60 s of waiting`() async throws {
        let bell = Wakeup()
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\n\r\na")
            try await bell.wait()
            try await connection.send("b")
            try await connection.untilClosed()
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        _ = try await response.next()
        let error = Outcome<HTTPClientError>()
        let pool = TaskPool()
        pool.spawn {
            error.value = await fixture.failure { () async throws(HTTPClientError) in
                while try await response.next() != nil {}
            }
        }
        await settle()
        fixture.clock.advance(by: .seconds(59))
        bell.signal()
        await turn { server.connections.first?.sent == 21 }
        await settle()
        fixture.clock.advance(by: .seconds(59))  // the byte has restarted the wait
        await settle()
        let early = error.value
        fixture.clock.advance(by: .seconds(1))
        await pool.drain()
        let late = error.value
        #expect(early == nil)
        #expect(late == .stalled(host: "127.0.0.1:\(server.port)", after: .seconds(60)))
        await turn { server.connections.allSatisfy(\.isPeerGone) }
        await server.stop()
    }

    @Loop @Test func `a reader may take as long as it likes`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            try await connection.send([UInt8](repeating: 1, count: 100_000))
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        var count = 0
        while let piece = try await response.next() {
            count += piece.count
            fixture.clock.advance(by: .seconds(3600))
            await settle()
        }
        #expect(count == 100_000)
        #expect(fixture.clock.pending <= 1)
        await server.stop()
    }

    @Loop @Test func `a flood waits in the server while nobody reads`() async throws {
        let size = 16 << 20
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            try await connection.send([UInt8](repeating: 7, count: size))
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        var (taken, mostUnread, mostAhead) = (0, 0, 0)
        while true {
            if taken % (1 << 18) < 1 << 14 { await settle() }  // lets the server run far ahead
            mostUnread = max(mostUnread, response.unread.bytes)
            mostAhead = max(mostAhead, (server.connections.first?.sent ?? 0) - taken)
            guard let piece = try await response.next() else { break }
            taken += piece.count
        }
        #expect(taken == size)
        #expect(mostUnread <= 16 << 10)
        // The kernel's buffers at both ends hold the rest. They grow while they are drained.
        #expect(mostAhead <= 8 << 20, "\(mostAhead)")
        await server.stop()
    }

    @Loop @Test func `a flood that nobody reads stops after what the kernel buffers`() async throws
    {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\n\r\n")
            try await connection.send([UInt8](repeating: 7, count: 64 << 20))
        }
        let fixture = ClientFixture()
        let response = try await fixture.get(server.url)
        await settle(turns: 3000)
        let unread = response.unread
        let sent = server.connections.first?.sent ?? 0
        #expect(unread <= .kibibytes(16))
        #expect(sent <= 512 << 10, "\(sent)")
        response.cancel()
        await turn { fixture.client.transfers == 0 }
        await server.stop()
    }
}

/// The result of a task in a test.
@Loop private final class Outcome<Value> {
    var value: Value?
    nonisolated init() {}
}
