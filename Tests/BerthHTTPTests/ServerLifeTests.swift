import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Synchronization
import Testing

@Suite(.loop) struct HTTPServerLeavingTests {
    @Loop @Test func `a client that leaves while the handler waits is seen`() async throws {
        var (began, wasCancelled) = (false, false)
        let handler: HTTPHandler = { request in
            began = true
            await request.clientGone()
            wasCancelled = Task.isCancelled
            return .text("unread")
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(get())
            #expect(await eventually { began })
            client.close()
            #expect(await eventually { wasCancelled })
            #expect(await eventually { server.openConnections == 0 && server.openRequests == 0 })
        }
    }

    @Loop @Test func `a client that leaves a silent stream is seen`() async throws {
        var isGone = false
        let handler: HTTPHandler = { request in
            .events { writer in
                try await writer.write(Array("a".utf8))
                await request.clientGone()
                isGone = writer.isClientGone
                try await writer.write(Array("b".utf8))
            }
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(get())
            _ = try await client.read(until: "a\r\n")
            client.close()
            #expect(await eventually { isGone && server.openConnections == 0 })
        }
    }

    @Loop
    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
    ])
    func `a request is let go when its exchange has ended`(text: String) async throws {
        weak var last: HTTPRequest?
        var handled = 0
        let handler: HTTPHandler = { request in
            last = request
            _ = try? await request.body.collect(atMost: .mebibytes(1))
            handled += 1
            return .text("read")
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(text)
            await settle()
            client.close()
            #expect(await eventually { handled == 1 && server.openConnections == 0 })
            #expect(await eventually { last == nil })
        }
    }

    @Loop @Test func `a client that leaves within its body is seen`() async throws {
        var error: HTTPServerError?
        let handler: HTTPHandler = { request in
            do throws(HTTPServerError) {
                _ = try await request.body.collect(atMost: .mebibytes(1))
            } catch let caught { error = caught }
            return .text("unread")
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            #expect(await eventually { server.openRequests == 1 })
            client.close()
            #expect(await eventually { error == .clientGone && server.openConnections == 0 })
        }
    }

    @Loop @Test func `clientGone returns when the answer is sent`() async throws {
        var hasEnded = false
        let pool = TaskPool()
        let handler: HTTPHandler = { request in
            pool.spawn {
                await request.clientGone()
                hasEnded = true
            }
            return .text("hello")
        }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            #expect(try await client.ask(get()).text == "hello")
            #expect(await eventually { hasEnded })
        }
    }

    @Loop @Test func `an end that comes with the last bytes closes the connection`() async throws {
        try await withServer(handler: hello) { server in
            let client = try RawClient(port: server.port)
            try await client.send("GET / HT")
            client.finishSending()
            #expect(try await client.readToEnd().isEmpty)
            #expect(await eventually { server.openConnections == 0 })
        }
    }
}

@Suite(.loop) struct HTTPServerDeadlineTests {
    @Loop @Test func `a header that drips in is cut off after ten seconds in all`() async throws {
        let clock = ManualClock()
        try await withServer(clock: clock, handler: hello) { server in
            let client = try RawClient(port: server.port)
            #expect(await eventually { server.openConnections == 1 })
            for byte in get().utf8.prefix(9) {
                try await client.send([byte])
                await settle()
                clock.advance(by: .seconds(1))
            }
            #expect(server.openConnections == 1)
            clock.advance(by: .seconds(2))
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Loop @Test func `an idle connection lives 75 seconds from its last answer`() async throws {
        let clock = ManualClock()
        try await withServer(clock: clock, handler: hello) { server in
            let client = try RawClient(port: server.port)
            for _ in 0..<2 {
                #expect(try await client.ask(get()).status == 200)
                clock.advance(by: .seconds(74))
            }
            #expect(try await client.ask(get()).status == 200)
            // A part of a request does not extend the deadline.
            try await client.send("GET / HTTP/1.1\r\n")
            await settle()
            clock.advance(by: .seconds(76))
            #expect(try await client.readToEnd().isEmpty)
        }
    }

    @Loop @Test func `a body that drips in is answered with 408`() async throws {
        let clock = ManualClock()
        var error: HTTPServerError?
        let handler: HTTPHandler = { request in
            do throws(HTTPServerError) {
                _ = try await request.body.collect(atMost: .mebibytes(1))
            } catch let caught { error = caught }
            return .text("unread")
        }
        try await withServer(clock: clock, handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
            #expect(await eventually { server.openRequests == 1 })
            for _ in 0..<31 {
                try await client.send("a")
                await settle()
                clock.advance(by: .seconds(1))
            }
            #expect(try await client.response().status == 408)
            #expect(error == .bodyTimeout(after: .seconds(30)))
            clock.advance(by: .seconds(6))
            #expect(await eventually { server.openConnections == 0 })
        }
    }

    @Loop @Test func `a handler may work as long as it likes`() async throws {
        let clock = ManualClock()
        let gate = Wakeup()
        let handler: HTTPHandler = { _ in
            try? await gate.wait()
            return .text("late")
        }
        try await withServer(clock: clock, handler: handler) { server in
            let client = try RawClient(port: server.port)
            try await client.send(post("abc"))
            #expect(await eventually { server.openRequests == 1 })
            await settle()
            clock.advance(by: .seconds(3600))
            gate.signal()
            #expect(try await client.response().text == "late")
        }
    }

    @Loop @Test(arguments: [true, false])
    func `a client that reads nothing for a minute is closed`(isStreamed: Bool) async throws {
        // A TCP connection would also end by the kernel's own minute on a slow machine.
        let path = "/tmp/berth-test-\(UInt64.random(in: 0 ... .max)).sock"
        let clock = ManualClock()
        var error: HTTPServerError?
        let handler: HTTPHandler = { _ in
            if !isStreamed { return .bytes([UInt8](repeating: 1, count: 32 << 20), type: "x/y") }
            return .events { writer in
                do throws(HTTPServerError) {
                    while true { try await writer.write([UInt8](repeating: 1, count: 65536)) }
                } catch let caught { error = caught }
            }
        }
        try await withServer(at: .unix(path: path), clock: clock, handler: handler) { server in
            let client = try RawClient(path: path)
            try await client.send(get())
            _ = try await client.read(until: "\r\n\r\n")
            await settle(turns: 5000)  // until the kernel takes no more
            clock.advance(by: .seconds(59))
            #expect(server.openConnections == 1)
            // If the kernel takes another byte late, the minute begins again.
            for _ in 0..<100 where server.openConnections > 0 {
                clock.advance(by: .seconds(61))
                await settle(turns: 200)
            }
            #expect(await eventually { server.openConnections == 0 })
            #expect(await eventually { !isStreamed || error == .clientGone })
        }
    }
}

@Suite(.loop) struct HTTPServerStoppingTests {
    @Loop @Test func `a stop closes what is idle and finishes what is open`() async throws {
        let gate = Wakeup()
        let handler: HTTPHandler = { request in
            if request.path == "/slow" { try? await gate.wait() }
            return .text("done")
        }
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: .patient,
            in: .quiet()
        )
        let (stop, pool) = (Stop(), TaskPool())
        var hasReturned = false
        pool.spawn {
            try? await server.serve(until: stop, handler)
            hasReturned = true
        }
        let (idle, open) = (try RawClient(port: server.port), try RawClient(port: server.port))
        #expect(try await idle.ask(get()).text == "done")
        try await open.send(get("/slow"))
        #expect(await eventually { server.openRequests == 1 })
        stop.request()
        #expect(try await idle.readToEnd().isEmpty)
        await settle()
        #expect(!hasReturned)
        if let late = try? RawClient(port: server.port) {
            #expect(try await late.readToEnd().isEmpty)
        }
        gate.signal()
        let response = try await open.response()
        #expect(response.text == "done")
        #expect(response.header("Connection") == "close")
        await pool.drain()
        #expect(hasReturned)
    }

    @Loop @Test func `cancelled, it cuts everything at once`() async throws {
        var wasCancelled = false
        let handler: HTTPHandler = { request in
            if request.path == "/s" {
                return .events { writer in
                    try await writer.write([65])
                    await request.clientGone()
                }
            }
            await request.clientGone()
            wasCancelled = Task.isCancelled
            return .text("unread")
        }
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: .patient,
            in: .quiet()
        )
        let (stop, pool) = (Stop(), TaskPool())
        let task = pool.spawn { try? await server.serve(until: stop, handler) }
        let clients = try (0..<4).map { _ in try RawClient(port: server.port) }
        try await clients[0].send(get())
        try await clients[1].send(get("/s"))
        try await clients[2].send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na")
        #expect(await eventually { server.openRequests == 3 })
        task.cancel()
        for client in clients {
            let answer = try await client.readToEnd()
            #expect(answer.isEmpty || !answer.suffix(5).elementsEqual("0\r\n\r\n".utf8))
        }
        await pool.drain()
        #expect(await eventually { wasCancelled })
        #expect(server.openConnections == 0 && server.openRequests == 0)
    }

    @Loop @Test func `a log line has no query`() async throws {
        let lines = Mutex<[String]>([])
        let log = Log(level: .debug) { line in lines.withLock { $0.append(line) } }
        try await withServer(log: log, handler: hello) { server in
            let client = try RawClient(port: server.port)
            _ = try await client.ask(get("/login?token=secret", "Cookie: secret"))
        }
        let text = lines.withLock { $0.joined(separator: "\n") }
        #expect(text.contains("path=/login"))
        #expect(!text.contains("secret"))
    }
}
