import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// Bodies that are read while they are sent.
@Suite(.loop, .timeLimit(.minutes(20))) struct HTTPUploadTests {
    /// A body of numbered bytes, in pieces.
    @Loop final class Numbers: HTTPUpload {
        nonisolated let length: Int
        private let piece: Int
        private let most: Int
        private(set) var given = 0

        nonisolated init(_ length: Int, piece: Int, most: Int = .max) {
            (self.length, self.piece, self.most) = (length, piece, most)
        }

        struct Gone: Error {}

        func next() async throws -> [UInt8]? {
            await Task.yield()
            if given >= most { throw Gone() }
            let end = min(given + piece, length)
            defer { given = end }
            return given < end ? (given..<end).map { UInt8(truncatingIfNeeded: $0) } : nil
        }
    }

    @Loop @Test(arguments: [(1, 1), (7_000, 7), (3_000_000, 65_536), (200_000, 60_000)])
    func `a body arrives whole`(size: Int, piece: Int) async throws {
        var received: [UInt8] = []
        let handler: HTTPHandler = { request in
            received = (try? await request.body.collect(atMost: .mebibytes(4))) ?? []
            return .text("\(request.headers["content-length"] ?? "")")
        }
        try await served(handler) { url in
            var request = HTTPClientRequest(url: url, deadlines: .patient)
            request.upload = Numbers(size, piece: piece)
            let client = HTTPClient(in: .quiet())
            let answer = try await client.send(request).collect(atMost: .kibibytes(1))
            #expect(String(decoding: answer, as: UTF8.self) == "\(size)")
            let expected = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            #expect(received == expected)
        }
    }

    @Loop @Test func `a body that cannot be read ends the request`() async throws {
        let handler: HTTPHandler = { request in
            _ = try? await request.body.collect(atMost: .mebibytes(4))
            return .text("whole")
        }
        try await served(handler) { url in
            var request = HTTPClientRequest(url: url, deadlines: .patient)
            request.upload = Numbers(500_000, piece: 1000, most: 100_000)
            let client = HTTPClient(in: .quiet())
            let error = HTTPClientError.badRequest(reason: "its body cannot be read")
            await #expect(throws: error) { _ = try await client.send(request) }
            _ = await eventually { client.transfers == 0 }
            let left = client.transfers
            #expect(left == 0)
        }
    }

    @Loop @Test func `a body that is too short ends the request`() async throws {
        @Loop final class Short: HTTPUpload {
            nonisolated let length = 10
            private var isGiven = false
            nonisolated init() {}
            func next() async throws -> [UInt8]? {
                defer { isGiven = true }
                return isGiven ? nil : [1, 2, 3]
            }
        }
        let handler: HTTPHandler = { _ in .text("x") }
        try await served(handler) { url in
            var request = HTTPClientRequest(url: url, deadlines: .patient)
            request.upload = Short()
            let client = HTTPClient(in: .quiet())
            await #expect(throws: HTTPClientError.self) {
                _ = try await client.send(request).collect(atMost: .kibibytes(1))
            }
        }
    }

    @Loop @Test func `an answer before the body's end is read`() async throws {
        let handler: HTTPHandler = { _ in .text("too large", status: 413) }
        try await served(handler) { url in
            var request = HTTPClientRequest(url: url, deadlines: .patient)
            request.upload = Numbers(3_000_000, piece: 60_000)
            let client = HTTPClient(in: .quiet())
            let response = try await client.send(request)
            #expect(response.status == 413)
        }
    }

    @Loop @Test func `a request that is sent once uses no pooled connection`() async throws {
        var requests = 0
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.answer("hello")
            try await connection.request()
            requests += 1
            connection.close()
        }
        let client = HTTPClient(in: .quiet())
        _ = try await client.send(HTTPClientRequest(url: server.url)).collect(atMost: .kibibytes(1))
        var request = HTTPClientRequest(url: server.url)
        request.isSentOnce = true
        // The server answers it on a new connection. On the pooled one it would close.
        let answer = try await client.send(request).collect(atMost: .kibibytes(1))
        await server.stop()
        #expect(answer == Array("hello".utf8))
        #expect(requests == 0)
    }

    @Loop private func served(
        _ handler: @escaping HTTPHandler,
        _ test: @Loop (String) async throws -> Void
    ) async throws {
        let server = try HTTPServer(
            listen: .tcp(host: "127.0.0.1", port: 0),
            limits: .patient,
            in: .quiet()
        )
        let (stop, pool) = (Stop(), TaskPool())
        pool.spawn { try? await server.serve(until: stop, handler) }
        let url = "http://127.0.0.1:\(server.port)/"
        do { try await test(url) } catch {
            pool.cancelAll()
            throw error
        }
        stop.request()
        await pool.drain()
    }
}
