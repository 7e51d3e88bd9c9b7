import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit
import Testing

@Suite(.loop, .timeLimit(.minutes(20))) struct ClientIdleTests {
    @Loop @Test func `closing idle connections closes them, and the next request makes a new one`()
        async throws
    {
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: .patient,
            in: .quiet()
        )
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn { try? await server.serve(until: stop) { _ in .text("here") } }
        let client = HTTPClient(in: .quiet())
        for _ in 0..<2 {
            let request = HTTPClientRequest(
                method: "GET",
                url: "http://127.0.0.1:\(server.port)/",
                deadlines: .patient
            )
            let text = try await client.send(request).collect(atMost: .kibibytes(1))
            #expect(text == Array("here".utf8))
            let isOpen = await eventually { server.openConnections == 1 && client.transfers == 0 }
            #expect(isOpen)
            client.closeIdle()
            let isClosed = await eventually { server.openConnections == 0 }
            #expect(isClosed)
        }
        stop.request()
        await pool.drain()
    }
}
