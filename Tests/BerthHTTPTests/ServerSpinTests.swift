import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

@testable import BerthHTTP

@Suite(.loop) struct HTTPServerSpinTests {
    private static let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static func long(_ text: String) -> String { String(repeating: text, count: 20_000) }

    /// A request without an end, after which the library asks to be run again and again.
    enum Endless: String, CaseIterable {
        case extensionOfOneWord
        case extensionOfManyWords
        case chunkSize
        case laterExtension
        case extensionOfLastChunk
        case trailer
        case trailers
        case header
        case headers
        case target

        var request: String {
            let head = HTTPServerSpinTests.head
            let long = HTTPServerSpinTests.long
            return switch self {
            case .extensionOfOneWord: head + "3;" + long("a")
            case .extensionOfManyWords: head + "3; " + long("b=c;")
            case .chunkSize: head + long("0")
            case .laterExtension: head + "3\r\nabc\r\n5;" + long("a")
            case .extensionOfLastChunk: head + "0;" + long("a")
            case .trailer: head + "0\r\n" + long("a")
            case .trailers: head + "0\r\n" + long("a: b\r\n")
            case .header: "GET / HTTP/1.1\r\nHost: x\r\n" + long("a")
            case .headers: "GET / HTTP/1.1\r\nHost: x\r\n" + long("a: b\r\n")
            case .target: "GET /" + long("a")
            }
        }

        var status: Int {
            switch self {
            case .trailers, .header, .headers: 431
            case .target: 414
            default: 400
            }
        }
    }

    @Loop @Test(arguments: Endless.allCases)
    func `a request on which the library moves nothing is ended`(_ endless: Endless) async throws {
        // The clock stands still, so no deadline helps.
        try await withServer(clock: ManualClock(), handler: echo) { server in
            let client = try RawClient(port: server.port)
            _ = client.sendSome(Array(endless.request.utf8)[...])
            await settle(turns: 500)
            let other = try RawClient(port: server.port)
            #expect(try await other.ask(post("abc")).text == "abc")
            let status = try await client.response().status
            #expect(status == endless.status)
            #expect(await eventually { server.openConnections == 1 && server.openRequests == 0 })
        }
    }

    @Loop @Test func `a buffer that is exactly full harms nobody and ends at its deadline`()
        async throws
    {
        var limits = HTTPServerLimits.patient
        limits.bodyDeadline = .milliseconds(100)
        try await withServer(limits: limits, handler: echo) { server in
            var clients: [RawClient] = []
            // Among these sizes is the one that fills the buffer and leaves nothing to read.
            for size in 7_860..<8_010 {
                let client = try RawClient(port: server.port)
                let text = HTTPServerSpinTests.head + "3;" + String(repeating: "a", count: size)
                try await client.send(text)
                clients.append(client)
            }
            let other = try RawClient(port: server.port)
            #expect(try await other.ask(post("abc")).text == "abc")
            #expect(await eventually { server.openConnections == 1 })
        }
    }

    @Loop @Test func `slow chunks arrive whole while another client spins`() async throws {
        try await withServer(handler: echo) { server in
            let slow = try RawClient(port: server.port)
            try await slow.send(HTTPServerSpinTests.head)
            var spinning: [RawClient] = []
            for number in 0..<40 {
                let spin = try RawClient(port: server.port)
                let text = HTTPServerSpinTests.head + "3;" + HTTPServerSpinTests.long("a")
                _ = spin.sendSome(Array(text.utf8)[...])
                spinning.append(spin)
                await settle(turns: 50)
                // A chunk arrives in three pieces, the last two of which are a byte each.
                for piece in ["2;x=y\r", "\n", "\(number % 10)", "-\r\n"] {
                    try await slow.send(piece)
                    await settle(turns: 10)
                }
            }
            try await slow.send("0\r\n\r\n")
            let digits = (0..<40).map { "\($0 % 10)-" }.joined()
            #expect(try await slow.response().text == digits)
        }
    }

    @Loop @Test func `a body in chunks of one byte arrives whole`() async throws {
        try await withServer(handler: echo) { server in
            let client = try RawClient(port: server.port)
            let chunks = String(repeating: "1\r\na\r\n", count: 20_000)
            try await client.send(HTTPServerSpinTests.head + chunks + "0\r\n\r\n")
            #expect(try await client.response().body.count == 20_000)
        }
    }

    @Loop @Test func `a client that pipelines without reading is kept waiting and ended`()
        async throws
    {
        let clock = ManualClock()
        let text = String(repeating: "a", count: 16_000)
        let handler: HTTPHandler = { _ in .text(text) }
        try await withServer(clock: clock, handler: handler) { server in
            let client = try RawClient(port: server.port, receiveBuffer: 16 << 10)
            let requests = Array(String(repeating: get(), count: 2_000).utf8)
            var sent = 0
            for _ in 0..<200 {
                sent += max(0, client.sendSome(requests[sent...]))
                await settle(turns: 10)
            }
            let other = try RawClient(port: server.port)
            #expect(try await other.ask(get()).status == 200)
            for _ in 0..<200 where server.openConnections > 1 {
                clock.advance(by: .seconds(31))
                #expect(try await other.ask(get()).status == 200)
                await settle(turns: 100)
            }
            #expect(server.openConnections == 1)
        }
    }

    // MARK: The decisions

    @Test func `a body is stuck after two checks with unread bytes and no movement`() {
        var watch = ChunkWatch()
        var findings = [9, 9, 9].map { watch.check(unread: $0) }
        #expect(findings == [.moving, .moving, .stuck])
        watch.hasMoved = true
        findings = [9, 9, 0, 9, 9].map { watch.check(unread: $0) }
        #expect(findings == [.moving, .moving, .quiet, .moving, .stuck])
    }

    @Test func `idle runs are counted by the second, whatever else moves`() {
        var runs = HTTPServerRuns()
        var (idle, moving) = (0, 0)
        for _ in 0..<1_000 {
            runs.begin()
            if runs.isAllowedAnother() { idle += 1 }
            runs.begin()
            runs.hasMoved = true
            if runs.isAllowedAnother() { moving += 1 }
        }
        #expect(idle < 40)
        #expect(moving == 1_000)
        runs.turnSecond()
        runs.begin()
        let isAllowed = runs.isAllowedAnother()
        #expect(isAllowed)
    }
}
