import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Synchronization
import Testing

@Suite(.loop) struct HTTPServerAdmissionTests {
    private static func limits(connections: Int) -> HTTPServerLimits {
        var limits = HTTPServerLimits.patient
        limits.connections = connections
        return limits
    }

    @Loop @Test func `connections over the cap are refused while every other has a request`()
        async throws
    {
        let gate = Wakeup()
        let handler: HTTPHandler = { request in
            if request.path == "/slow" { try? await gate.wait() }
            _ = try? await request.body.collect(atMost: .kibibytes(1))
            return .text("hello")
        }
        let limits = HTTPServerAdmissionTests.limits(connections: 2)
        try await withServer(limits: limits, handler: handler) { server in
            let first = try RawClient(port: server.port)
            let second = try RawClient(port: server.port)
            // A request is under way if its handler still waits for its body.
            try await first.send(get("/slow"))
            try await second.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
            #expect(await eventually { server.openRequests == 2 })
            let third = try RawClient(port: server.port)
            #expect(try await third.readToEnd().isEmpty)
            #expect(server.refusedConnections == 1)
            try await second.send("abc")
            #expect(try await second.response().status == 200)
            let fourth = try RawClient(port: server.port)
            #expect(try await fourth.ask(get()).status == 200)
            #expect(try await second.readToEnd().isEmpty)
            gate.signal()
            #expect(try await first.response().status == 200)
        }
    }

    @Loop
    @Test(arguments: [
        "", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n", get(),
        // It has its answer already, and only its body is missing.
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\na",
    ])
    func `the connections that are idle for the longest time give way`(start: String) async throws {
        let clock = ManualClock()
        var limits = HTTPServerLimits()
        limits.connections = 4
        try await withServer(limits: limits, clock: clock, handler: hello) { server in
            let kept = try RawClient(port: server.port)
            var held: [RawClient] = []
            for number in 0..<12 {
                #expect(try await kept.ask(get()).status == 200)
                clock.advance(by: .milliseconds(1))
                let client = try RawClient(port: server.port)
                try await client.send(start)
                held.append(client)
                let most = min(number + 2, 4)
                #expect(await eventually { server.openConnections == most })
                clock.advance(by: .milliseconds(1))
            }
            // Each answer made `kept` the youngest again.
            #expect(try await kept.ask(get()).status == 200)
            #expect(server.refusedConnections == 0)
            let answer = String(decoding: try await held[0].readToEnd(), as: UTF8.self)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 200"))
            let last = try RawClient(port: server.port)
            #expect(try await last.ask(get()).status == 200)
        }
    }

    @Loop @Test func `a thousand idle connections keep nobody out`() async throws {
        let limits = HTTPServerAdmissionTests.limits(connections: 50)
        try await withServer(limits: limits, handler: hello) { server in
            var held: [RawClient] = []
            for _ in 0..<300 {
                let client = try RawClient(port: server.port)
                #expect(try await client.ask(get()).status == 200)
                held.append(client)
            }
            #expect(await eventually { server.openConnections <= 50 })
            #expect(server.refusedConnections == 0)
        }
    }

    @Loop @Test func `requests that a trusted proxy forwards are counted by their address`()
        async throws
    {
        let gates = (0..<3).map { _ in Wakeup() }
        var (begun, peers) = (0, [HTTPPeer]())
        let handler: HTTPHandler = { request in
            peers.append(request.peer)
            guard request.path == "/slow" else { return .text("hello") }
            begun += 1
            try? await gates[begun - 1].wait()
            return .text("late")
        }
        var limits = HTTPServerLimits.patient
        limits.connectionsPerAddress = 2
        limits.trustedProxies = try #require(TrustedProxies(["127.0.0.0/8"]))
        let lines = Mutex<[String]>([])
        let log = Log(level: .warning) { line in lines.withLock { $0.append(line) } }
        try await withServer(limits: limits, log: log, handler: handler) { server in
            var slow: [RawClient] = []
            for _ in 0..<2 {
                let client = try RawClient(port: server.port)
                try await client.send(get("/slow", "X-Forwarded-For: 192.0.2.1"))
                slow.append(client)
            }
            #expect(await eventually { begun == 2 })
            let third = try RawClient(port: server.port)
            let refused = try await third.ask(get("/", "Forwarded: for=192.0.2.1"))
            #expect(refused.status == 429)
            #expect(refused.text.contains("2 requests from your address are under way"))
            let body = try RawClient(port: server.port)
            let late = try await body.ask(post("abc", "X-Forwarded-For: 192.0.2.1"))
            #expect(late.status == 429)
            // Others, and those that the proxy names nobody for, are served.
            for field in ["X-Forwarded-For: 192.0.2.2", "X-Forwarded-For: 127.0.0.9", "X: y"] {
                let other = try RawClient(port: server.port)
                #expect(try await other.ask(get("/", field)).status == 200)
            }
            for gate in gates { gate.signal() }
            #expect(try await slow[0].response().text == "late")
            #expect(try await slow[1].response().text == "late")
            // A connection of the proxy serves one client after the other.
            for address in ["192.0.2.1", "192.0.2.3", "192.0.2.1"] {
                let answer = try await slow[0].ask(get("/", "X-Forwarded-For: \(address)"))
                #expect(answer.status == 200)
                #expect(peers.last == .network(address: address))
            }
            #expect(
                await eventually {
                    lines.withLock { $0.contains { $0.contains("connections_per_address") } }
                }
            )
        }
    }

    @Loop @Test func `a proxy that is not trusted names nobody`() async throws {
        let handler: HTTPHandler = { .text("\($0.peer)") }
        try await withServer(handler: handler) { server in
            let client = try RawClient(port: server.port)
            let fields = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1"
            let answer = try await client.ask(get("/", fields))
            #expect(answer.text == #"network(address: "127.0.0.1")"#)
        }
    }
}
