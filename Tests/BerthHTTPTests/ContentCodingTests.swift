import BerthHTTP
import BerthLoop
import BerthMemory
import BerthTestKit
import Testing

/// Coded bodies: those that a client decodes, and those of requests.
@Suite(.loop, .timeLimit(.minutes(20))) struct ContentCodingTests {
    private static let answers: [(String, [UInt8])] = [
        ("gzip", CodedBodies.gzip), ("x-gzip", CodedBodies.gzip), ("deflate", CodedBodies.deflate),
        ("deflate", CodedBodies.rawDeflate), ("zstd", CodedBodies.zstd), ("GZip", CodedBodies.gzip),
        ("br", CodedBodies.brotli), ("identity", Array(CodedBodies.text.utf8)),
    ]

    @Loop @Test(arguments: answers)
    func `an answer in a known coding is decoded`(coding: String, body: [UInt8]) async throws {
        let server = try ScriptedServer { connection in
            let request = try await connection.request()
            let accepted = request["accept-encoding"] ?? ""
            #expect(accepted == "gzip, deflate")
            try await connection.send(
                "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n"
            )
            try await connection.send(body)
        }
        let fixture = ClientFixture()
        let response = try await fixture.client.send(.gzip(server.url))
        let text = try await fixture.text(response)
        #expect(text == CodedBodies.text)
        await server.stop()
    }

    @Loop @Test(arguments: [("lzw", CodedBodies.brotli), ("gzip", [1, 2, 3]), ("br", [1, 2, 3])])
    func `an answer that cannot be decoded says why`(coding: String, body: [UInt8]) async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\n\r\n")
            try await connection.send(body)
        }
        let fixture = ClientFixture()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            let response = try await fixture.client.send(.gzip(server.url))
            _ = try await response.collect(atMost: .mebibytes(4))
        }
        guard case .badAnswer(_, let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains(coding == "lzw" ? "its Content-Encoding is 'lzw'" : coding))
        await server.stop()
    }

    @Loop @Test func `other work has its turn while a large answer is unpacked`() async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n")
            try await connection.send(CodedBodies.bomb)
        }
        let fixture = ClientFixture()
        let response = try await fixture.client.send(.gzip(server.url))
        let first = try await response.next()
        var (size, turns) = (first?.count ?? 0, 0)
        let meter = TaskPool()
        meter.spawn {
            while !Task.isCancelled {
                turns += 1
                await Task.yield()
            }
        }
        while let piece = try await response.next() {
            #expect(piece.count <= 64 << 10)
            size += piece.count
        }
        let seen = turns
        meter.cancelAll()
        await meter.drain()
        #expect(size == 16 << 20)
        #expect(seen >= 128)
        await server.stop()
    }

    @Loop @Test(arguments: [("zstd", CodedBodies.bomb), ("br", CodedBodies.brotliBomb)])
    func `an answer that unpacks to too much ends at the reader's limit`(
        coding: String,
        body: [UInt8]
    ) async throws {
        let server = try ScriptedServer { connection in
            try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\n\r\n")
            try await connection.send(body)
        }
        let fixture = ClientFixture()
        let error = await fixture.failure { () async throws(HTTPClientError) in
            let response = try await fixture.client.send(.gzip(server.url))
            _ = try await response.collect(atMost: .mebibytes(4))
        }
        #expect(error == .tooLarge(host: "127.0.0.1:\(server.port)", limit: .mebibytes(4)))
        await server.stop()
    }

    @Test func `a window beyond the decoder's memory is refused`() {
        let decoder = ContentDecoder(.br)
        decoder.feed(CodedBodies.wideBomb)
        #expect(throws: ContentCodingError.broken(.br)) {
            while try decoder.next() != nil {}
        }
    }

    // MARK: Requests

    private static let requests: [(ContentCoding, [UInt8])] = [
        (.gzip, CodedBodies.gzip), (.deflate, CodedBodies.deflate),
        (.deflate, CodedBodies.rawDeflate), (.zstd, CodedBodies.zstd),
    ]

    private static func decoded(
        _ coding: ContentCoding,
        _ pieces: [[UInt8]],
        most: Int = .max
    ) throws(ContentCodingError) -> [UInt8] {
        let decoder = ContentDecoder(coding)
        var out: [UInt8] = []
        for piece in pieces {
            decoder.feed(piece)
            while out.count < most, let part = try decoder.next() { out += part }
        }
        if out.count < most { try decoder.finish() }
        return out
    }

    @Test(arguments: requests)
    func `a coded body is decoded, however it is cut`(coding: ContentCoding, body: [UInt8]) throws {
        let text = Array(CodedBodies.text.utf8)
        #expect(try ContentCodingTests.decoded(coding, [body]) == text)
        #expect(try ContentCodingTests.decoded(coding, body.map { [$0] }) == text)
        #expect(try ContentCodingTests.decoded(coding, [body + [1, 2, 3]]) == text)
    }

    @Test(arguments: requests)
    func `a body that is broken or cut off is refused`(coding: ContentCoding, body: [UInt8]) {
        for bad in [Array(body.dropLast(9)), Array("not coded at all, but text".utf8), []] {
            #expect(throws: ContentCodingError.broken(coding)) {
                try ContentCodingTests.decoded(coding, [bad])
            }
        }
    }

    @Test func `a bomb is decoded in parts of at most 64 KiB`() throws {
        let decoder = ContentDecoder(.zstd)
        decoder.feed(CodedBodies.bomb)
        var sizes: [Int] = []
        while sizes.count < 20, let part = try decoder.next() { sizes.append(part.count) }
        #expect(sizes.count == 20 && sizes.allSatisfy { $0 <= 64 << 10 })
    }

    @Test(
        arguments: [
            (nil, nil), ("", nil), ("identity", nil), ("gzip", .gzip), ("GZIP", .gzip),
            (" x-gzip ", .gzip), ("deflate", .deflate), ("Zstd", .zstd), ("BR", .br),
        ] as [(String?, ContentCoding?)]
    )
    func `a coding is known by its name`(field: String?, coding: ContentCoding?) throws {
        #expect(try ContentCoding.of(field) == coding)
    }

    @Test(arguments: ["lzw", "gzip, gzip", "utf-8", "compress", "gzip;q=1"])
    func `another coding is refused`(field: String) {
        #expect(throws: ContentCodingError.unknown) { try ContentCoding.of(field) }
    }
}
