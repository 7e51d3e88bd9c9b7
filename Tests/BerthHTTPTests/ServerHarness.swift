import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTelemetry
import BerthTestKit

/// Runs `test` against a server on a free port of 127.0.0.1 (or at `address`), and stops the
/// server.
///
/// Its deadlines are the usual ones if the test moves the clock, and long otherwise.
@Loop func withServer(
    at address: ListenAddress = .tcp(host: "127.0.0.1", port: 0),
    limits: HTTPServerLimits? = nil,
    clock: any Clock = SystemClock(),
    log: Log = .silent,
    handler: @escaping HTTPHandler,
    _ test: @Loop (HTTPServer) async throws -> Void
) async throws {
    let server = try HTTPServer(
        listen: address,
        limits: limits ?? (clock is ManualClock ? HTTPServerLimits() : .patient),
        in: .quiet(clock, log: log)
    )
    let (stop, pool) = (Stop(), TaskPool())
    pool.spawn { try? await server.serve(until: stop, handler) }
    await settle()  // until it accepts connections
    do { try await test(server) } catch {
        pool.cancelAll()
        throw error
    }
    stop.request()
    await pool.drain()
}

/// Makes a GET of `path`.
func get(_ path: String = "/", _ fields: String...) -> String {
    "GET \(path) HTTP/1.1\r\nHost: x\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// Makes a POST to `/` with a body and its length.
func post(_ body: String, _ fields: String...) -> String {
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n"
        + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
}

/// Answers every request with hello.
let hello: HTTPHandler = { _ in .text("hello") }

/// Answers with the body of the request.
let echo: HTTPHandler = { request in
    do { return .bytes(try await request.body.collect(atMost: .mebibytes(64)), type: "x/y") } catch
    {
        return .text("\(error)", status: 500)
    }
}
