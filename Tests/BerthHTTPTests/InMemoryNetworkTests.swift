import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Testing

/// The network within the process, which behaves like the machine's network.
@Suite(.loop, .timeLimit(.minutes(20))) struct InMemoryNetworkTests {
    /// Runs `test` with a network on which `handler` serves `http://toy.test`.
    @Loop private func withNetwork(
        limits: HTTPServerLimits = HTTPServerLimits(),
        _ handler: @escaping HTTPHandler,
        _ test: @Loop (InMemoryNetwork, any HTTPListener, ManualClock) async throws -> Void
    ) async throws {
        let (clock, stop, pool) = (ManualClock(), Stop(), TaskPool())
        let network = InMemoryNetwork(in: .quiet(clock))
        let listener = try network.bind(.tcp(host: "toy.test", port: 80), limits: limits)
        pool.spawn { try? await listener.serve(until: stop, refusal: { $0.text }, handler) }
        await settle()
        do { try await test(network, listener, clock) } catch {
            pool.cancelAll()
            throw error
        }
        stop.request()
        await pool.drain()
        let (open, requests) = (listener.openConnections, listener.openRequests)
        #expect(open == 0 && requests == 0)
    }

    @Loop private func text(_ response: HTTPClientResponse) async throws -> String {
        String(decoding: try await response.collect(atMost: .mebibytes(1)), as: UTF8.self)
    }

    @Loop private func failure(
        _ work: @Loop () async throws(HTTPClientError) -> Void
    ) async -> HTTPClientError? {
        do { try await work() } catch { return error }
        return nil
    }

    @Loop @Test func `a request and its answer arrive as they were sent`() async throws {
        let handler: HTTPHandler = { request in
            let body = (try? await request.body.collect(atMost: .mebibytes(1))) ?? []
            let said = [
                request.method, request.path, request.query("q") ?? "nil",
                request.headers["host"] ?? "nil", request.headers["x-own"] ?? "nil",
                "\(request.peer)", String(decoding: body, as: UTF8.self),
            ]
            var response = HTTPResponse.text(said.joined(separator: "|"), status: 201)
            response.headers["x-answer"] = "yes"
            return response
        }
        try await withNetwork(handler) { network, _, _ in
            let response = try await network.send(
                HTTPClientRequest(
                    url: "http://toy.test/a%20b?q=1",
                    headers: ["x-own": "v", "x-request-id": "mine"],
                    body: Array("body".utf8)
                )
            )
            let headers = response.headers
            #expect(response.status == 201 && headers["x-answer"] == "yes")
            let all = try await text(response)
            #expect(headers["x-request-id"] == "mine")
            #expect(headers["content-length"] == "\(all.utf8.count)")
            let peer = "network(address: \"127.0.0.1\")"
            #expect(all == "POST|/a b|1|toy.test|v|\(peer)|body")
        }
    }

    @Loop @Test func `a large body waits for its handler, piece by piece`() async throws {
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        var (pieces, received) = ([Int](), [UInt8]())
        let handler: HTTPHandler = { request in
            while let piece = try? await request.body.next() {
                pieces.append(piece.count)
                received += piece
            }
            return .text("\(request.body.length ?? -1)")
        }
        try await withNetwork(handler) { network, _, _ in
            let answer = try await network.send(
                HTTPClientRequest(url: "http://toy.test/", body: body)
            )
            #expect(try await text(answer) == "200000")
        }
        #expect(received == body)
        #expect(pieces.allSatisfy { $0 <= 32 << 10 } && pieces.count >= 7)
    }

    @Loop @Test func `a streamed answer waits for its reader`() async throws {
        var written = 0
        let handler: HTTPHandler = { _ in
            .events { writer in
                for _ in 0..<100 {
                    try await writer.write([UInt8](repeating: 65, count: 4 << 10))
                    written += 1
                }
            }
        }
        try await withNetwork(handler) { network, _, _ in
            let response = try await network.send(HTTPClientRequest(url: "http://toy.test/"))
            await settle()
            let (early, unread) = (written, response.unread.bytes)
            #expect(early == 2 && unread == 12 << 10)
            let all = try await response.collect(atMost: .mebibytes(1))
            #expect(all.count == 100 << 12)
        }
        #expect(written == 100)
    }

    @Loop @Test func `a large whole answer comes in pieces, and HEAD has none`() async throws {
        let handler: HTTPHandler = { _ in .bytes([UInt8](repeating: 1, count: 40_000), type: "x/y")
        }
        try await withNetwork(handler) { network, _, _ in
            let response = try await network.send(
                HTTPClientRequest(method: "GET", url: "http://toy.test/")
            )
            var pieces: [Int] = []
            while let piece = try await response.next() { pieces.append(piece.count) }
            #expect(pieces == [16 << 10, 16 << 10, 40_000 - (32 << 10)])
            let head = try await network.send(
                HTTPClientRequest(method: "HEAD", url: "http://toy.test/")
            )
            let length = head.headers["content-length"]
            #expect(length == "40000")
            #expect(try await head.collect(atMost: .kibibytes(1)).isEmpty)
        }
    }

    @Loop @Test func `a client that leaves is noticed`() async throws {
        var (left, error) = (false, HTTPServerError?.none)
        let handler: HTTPHandler = { request in
            .events { writer in
                try await writer.write([65])
                await request.clientGone()
                left = true
                do throws(HTTPServerError) { try await writer.write([66]) } catch let caught {
                    error = caught
                }
            }
        }
        try await withNetwork(handler) { network, _, _ in
            let response = try await network.send(HTTPClientRequest(url: "http://toy.test/"))
            _ = try await response.next()
            response.cancel()
            await settle()
            let seen = (left, error)
            #expect(seen.0 && seen.1 == .clientGone)
        }
    }

    @Loop @Test func `a task that is cancelled while it waits ends its request`() async throws {
        var wasCancelled = false
        let handler: HTTPHandler = { request in
            await request.clientGone()
            wasCancelled = Task.isCancelled
            return .text("unread")
        }
        try await withNetwork(handler) { network, _, _ in
            var error: HTTPClientError?
            let pool = TaskPool()
            let task = pool.spawn {
                error = await failure { () async throws(HTTPClientError) in
                    _ = try await network.send(HTTPClientRequest(url: "http://toy.test/"))
                }
            }
            await settle()
            task.cancel()
            await pool.drain()
            await settle()
            let seen = (error, wasCancelled)
            #expect(seen.0 == .cancelled && seen.1)
        }
    }

    @Loop @Test func `an answer that fails is cut after what has come`() async throws {
        struct Broken: Error {}
        let handler: HTTPHandler = { _ in
            .events { writer in
                try await writer.write([65, 66])
                throw Broken()
            }
        }
        try await withNetwork(handler) { network, _, _ in
            let response = try await network.send(HTTPClientRequest(url: "http://toy.test/"))
            #expect(try await response.next() == [65, 66])
            let error = await failure { () async throws(HTTPClientError) in
                _ = try await response.next()
            }
            #expect(error == .cut(host: "toy.test", received: 2))
        }
    }

    @Loop @Test func `deadlines run on the network's clock`() async throws {
        let handler: HTTPHandler = { request in
            if request.path == "/late" { await request.clientGone() }
            return .events { _ in await request.clientGone() }
        }
        try await withNetwork(handler) { network, _, clock in
            let pool = TaskPool()
            var errors: [HTTPClientError?] = []
            for path in ["late", "stall"] {
                pool.spawn {
                    errors.append(
                        await failure { () async throws(HTTPClientError) in
                            let url = "http://toy.test/\(path)"
                            let response = try await network.send(HTTPClientRequest(url: url))
                            _ = try await response.next()
                        }
                    )
                }
            }
            await settle()
            clock.advance(by: .seconds(59))
            await settle()
            #expect(errors.isEmpty)
            clock.advance(by: .seconds(61))
            await pool.drain()
            let seen = errors
            #expect(
                seen == [
                    .stalled(host: "toy.test", after: .seconds(60)),
                    .firstByteTimeout(host: "toy.test", after: .seconds(120), received: 0),
                ]
            )
        }
    }

    @Loop @Test func `a client that reads nothing is given up after the write deadline`()
        async throws
    {
        let handler: HTTPHandler = { _ in
            .events { writer in
                while true { try await writer.write([UInt8](repeating: 65, count: 9 << 10)) }
            }
        }
        try await withNetwork(handler) { network, listener, clock in
            let response = try await network.send(HTTPClientRequest(url: "http://toy.test/"))
            await settle()
            let before = listener.openRequests
            clock.advance(by: .seconds(60))
            await settle()
            let after = listener.openRequests
            #expect(before == 1 && after == 0)
            let error = await failure { () async throws(HTTPClientError) in
                _ = try await response.next()
            }
            #expect(error == .cut(host: "toy.test", received: 0))
        }
    }

    @Loop @Test func `only a bound address is reached, and it is bound once`() async throws {
        try await withNetwork(hello) { network, listener, _ in
            for url in ["http://toy.test:81/", "http://other.test/", "https://toy.test/"] {
                let error = await failure { () async throws(HTTPClientError) in
                    _ = try await network.send(HTTPClientRequest(url: url))
                }
                guard case .unreachable = error else {
                    Issue.record("\(url): \(String(describing: error))")
                    continue
                }
            }
            #expect(throws: HTTPServerError.addressInUse(.tcp(host: "toy.test", port: 80))) {
                _ = try network.bind(.tcp(host: "toy.test", port: 80), limits: .init())
            }
            let any = try (0..<2).map { _ in
                try network.bind(.tcp(host: "127.0.0.1", port: 0), limits: .init()).port
            }
            let port = listener.port
            #expect(any == [49152, 49153] && port == 80)
        }
    }

    @Loop @Test func `a tenant's URL reaches no address of the machine`() async throws {
        try await withNetwork(hello) { network, _, _ in
            for url in ["http://127.0.0.1:49152/", "http://localhost/", "http://10.0.0.1/"] {
                let error = await failure { () async throws(HTTPClientError) in
                    _ = try await network.send(HTTPClientRequest(url: url, reach: .publicOnly))
                }
                guard case .forbiddenAddress = error else {
                    Issue.record("\(url): \(String(describing: error))")
                    continue
                }
            }
        }
    }

    @Loop @Test func `a Unix-domain socket names its caller`() async throws {
        let (stop, pool) = (Stop(), TaskPool())
        let network = InMemoryNetwork(in: .quiet(ManualClock()))
        let listener = try network.bind(.unix(path: "/x/admin.sock"), limits: .init())
        pool.spawn {
            try? await listener.serve(until: stop, refusal: { $0.text }) { request in
                guard case .local = request.peer else { return .text("far") }
                return .text("near")
            }
        }
        var request = HTTPClientRequest(method: "GET", url: "http://localhost/")
        request.unixSocket = "/x/admin.sock"
        #expect(try await text(network.send(request)) == "near")
        stop.request()
        await pool.drain()
    }

    @Loop @Test func `a body over the limit and a broken path are refused in words`() async throws {
        var limits = HTTPServerLimits()
        limits.body = .kibibytes(1)
        limits.connections = 1
        try await withNetwork(limits: limits, hello) { network, _, _ in
            let large = try await network.send(
                HTTPClientRequest(url: "http://toy.test/", body: [UInt8](repeating: 0, count: 1025))
            )
            #expect(large.status == 413)
            #expect(try await text(large).contains("larger than 1 KiB"))
            let broken = try await network.send(
                HTTPClientRequest(method: "GET", url: "http://toy.test/%00")
            )
            #expect(broken.status == 400)
        }
    }

    @Loop @Test func `a stop lets open requests finish and takes no more`() async throws {
        let (stop, pool, gate) = (Stop(), TaskPool(), Wakeup())
        let network = InMemoryNetwork(in: .quiet(ManualClock()))
        let listener = try network.bind(.tcp(host: "toy.test", port: 80), limits: .init())
        var hasReturned = false
        pool.spawn {
            try? await listener.serve(until: stop, refusal: { $0.text }) { _ in
                try? await gate.wait()
                return .text("done")
            }
            hasReturned = true
        }
        let answers = Mailbox<Int>()
        pool.spawn {
            let response = try? await network.send(HTTPClientRequest(url: "http://toy.test/"))
            answers.put(response?.status ?? 0)
        }
        await settle()
        stop.request()
        await settle()
        let error = await failure { () async throws(HTTPClientError) in
            _ = try await network.send(HTTPClientRequest(url: "http://toy.test/"))
        }
        #expect(error == .unreachable(host: "toy.test", reason: "no listener"))
        #expect(!hasReturned)
        gate.signal()
        #expect(try await answers.next("the open request's answer") == 200)
        await pool.drain()
        #expect(hasReturned)
    }
}
