import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@Suite(.loop) struct HTTPServerHalfCloseTests {
    private static let chunked =
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"

    @Loop
    @Test(arguments: [get(), post("abc"), chunked, post(String(repeating: "a", count: 90_000))])
    func `a client that ends its sending side gets its answer`(request: String) async throws {
        // The clock stands still, so a slow machine sends no probe.
        try await withServer(clock: ManualClock(), handler: echo) { server in
            let client = try RawClient(port: server.port)
            try await client.send(request)
            client.finishSending()
            let answer = try await client.response()
            #expect(answer.status == 200)
            #expect(answer.isWhole)
            #expect(try await client.readToEnd().isEmpty)
            #expect(await eventually { server.openConnections == 0 })
        }
    }

    @Loop @Test func `the answer may take as long as it likes, and the client is asked for`()
        async throws
    {
        let (clock, gate) = (ManualClock(), Wakeup())
        var wasCancelled = false
        let handler: HTTPHandler = { _ in
            try? await gate.wait()
            wasCancelled = Task.isCancelled
            return .text("late")
        }
        try await withServer(clock: clock, handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(get())
            client.finishSending()
            #expect(await eventually { server.openRequests == 1 })
            for _ in 0..<600 {
                await settle(turns: 4)
                clock.advance(by: .seconds(1))
            }
            gate.signal()
            for _ in 0..<4 { #expect(try await client.response().status == 100) }
            let answer = try await client.response()
            #expect(answer.status == 200 && answer.text == "late")
            #expect(!wasCancelled)
        }
    }

    @Loop @Test func `a stream goes on for a client that has ended its sending side`() async throws
    {
        let (clock, gate) = (ManualClock(), Wakeup())
        let handler: HTTPHandler = { _ in
            .events { writer in
                try await writer.write(Array("data: a\n\n".utf8))
                try await gate.wait()
                try await writer.write(Array("data: b\n\n".utf8))
            }
        }
        try await withServer(clock: clock, handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(get())
            _ = try await client.read(until: "data: a")
            client.finishSending()
            await settle()
            clock.advance(by: .seconds(1))
            _ = try await client.read(until: ":\n\n")  // a comment asks for the client
            gate.signal()
            _ = try await client.read(until: "data: b")
            #expect(try await client.readToEnd().suffix(5).elementsEqual("0\r\n\r\n".utf8))
        }
    }

    @Loop @Test func `pipelined requests are all answered`() async throws {
        try await withServer(clock: ManualClock(), handler: echo) { server in
            let client = try RawClient(port: server.port)
            try await client.send(post("a") + post("b") + get() + post("c"))
            client.finishSending()
            for text in ["a", "b", "", "c"] {
                #expect(try await client.response().text == text)
            }
            #expect(try await client.readToEnd().isEmpty)
            #expect(await eventually { server.openConnections == 0 })
        }
    }

    @Loop
    @Test(arguments: [
        "", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;aa",
    ])
    func `a request that can no longer become whole ends at once`(start: String) async throws {
        var (calls, wasCancelled) = (0, false)
        let handler: HTTPHandler = { request in
            calls += 1
            await request.clientGone()
            wasCancelled = Task.isCancelled
            return .text("unread")
        }
        // The clock stands still, so no sweep helps.
        try await withServer(clock: ManualClock(), handler: handler) { server in
            let client = try RawClient(port: server.port)
            #expect(await eventually { server.openConnections == 1 })
            try await client.send(start)
            client.finishSending()
            _ = try await client.readToEnd()
            #expect(await eventually { server.openConnections == 0 && server.openRequests == 0 })
            #expect(calls == 0 || wasCancelled)
        }
    }

    @Loop @Test(arguments: [40_000, 400_000])
    func `a body that its handler does not read yet is waited for if it may be whole`(
        length: Int
    ) async throws {
        let gate = Wakeup()
        var error: HTTPServerError?
        let handler: HTTPHandler = { request in
            try? await gate.wait()
            do throws(HTTPServerError) {
                return .text("\(try await request.body.collect(atMost: .mebibytes(1)).count)")
            } catch let caught { error = caught }
            return .text("unread")
        }
        try await withServer(clock: ManualClock(), handler: handler) { server in
            let client = try RawClient(port: server.port)
            let sent = String(repeating: "a", count: 40_000)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n")
            try await client.send(sent)
            #expect(await eventually { server.openRequests == 1 })
            await settle(turns: 200)
            client.finishSending()
            if length == 40_000 {
                await settle()
                gate.signal()
                #expect(try await client.response().text == "40000")
            } else {
                #expect(try await client.readToEnd().isEmpty)
                #expect(await eventually { server.openConnections == 0 })
                gate.signal()
                #expect(await eventually { error == .clientGone })
            }
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a client that has left is noticed`(isReset: Bool) async throws {
        let clock = ManualClock()
        var (began, wasCancelled) = (false, false)
        let handler: HTTPHandler = { request in
            began = true
            await request.clientGone()
            wasCancelled = Task.isCancelled
            return .text("unread")
        }
        try await withServer(clock: clock, handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(get())
            #expect(await eventually { began })
            if isReset { client.reset() } else { client.close() }
            // A reset is noticed at once, and any other end by the answer to the first probe.
            if !isReset {
                await settle()
                #expect(!wasCancelled)
                clock.advance(by: .seconds(1))
            }
            #expect(await eventually { wasCancelled && server.openConnections == 0 })
        }
    }

    @Loop @Test func `a client of HTTP 1.0 cannot be probed and counts as gone`() async throws {
        var (began, wasCancelled) = (false, false)
        let handler: HTTPHandler = { request in
            began = true
            await request.clientGone()
            wasCancelled = Task.isCancelled
            return .text("unread")
        }
        try await withServer(clock: ManualClock(), handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(await eventually { began })
            client.finishSending()
            #expect(await eventually { wasCancelled && server.openConnections == 0 })
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a Unix-domain socket tells the two ends apart`(isClosed: Bool) async throws {
        let path = "/tmp/berth-test-\(UInt64.random(in: 0 ... .max)).sock"
        let (clock, gate) = (ManualClock(), Wakeup())
        var (began, wasCancelled) = (false, false)
        let handler: HTTPHandler = { request in
            began = true
            do { try await gate.wait() } catch { wasCancelled = true }
            return .text("late")
        }
        try await withServer(at: .unix(path: path), clock: clock, handler: handler) { server in
            let client = try RawClient(path: path)
            try await client.send(get())
            #expect(await eventually { began })
            if isClosed {
                client.close()
                #expect(await eventually { wasCancelled && server.openConnections == 0 })
            } else {
                client.finishSending()
                await settle()
                for _ in 0..<20 { clock.advance(by: .seconds(1)) }
                gate.signal()
                #expect(try await client.response().text == "late")
            }
        }
    }
}
