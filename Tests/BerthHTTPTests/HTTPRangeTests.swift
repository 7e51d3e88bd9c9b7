import BerthHTTP
import BerthLoop
import BerthTestKit
import Testing

@Suite struct HTTPRangeTests {
    /// Ranges of a representation of 1,000 bytes.
    private static let cases: [(String, HTTPRange)] = [
        ("bytes=0-499", .part(0..<500)), ("bytes=500-", .part(500..<1000)),
        ("bytes=-1", .part(999..<1000)), ("bytes=-5000", .part(0..<1000)),
        ("bytes=999-999", .part(999..<1000)), ("bytes=0-99999999999999999999", .part(0..<1000)),
        ("Bytes = 1-2", .whole), ("BYTES=1-2", .part(1..<3)), ("bytes= 1 - 2", .part(1..<3)),
        ("bytes=1000-", .unsatisfiable), ("bytes=1000-1001", .unsatisfiable),
        ("bytes=-0", .unsatisfiable), ("bytes=99999999999999999999-", .unsatisfiable),
        ("bytes=2-1", .whole), ("bytes=0-1,5-6", .whole), ("bytes=a-b", .whole),
        ("bytes=", .whole), ("bytes=-", .whole), ("items=0-1", .whole), ("", .whole),
        ("bytes=0x1-2", .whole), ("bytes=--1", .whole), ("bytes=1", .whole),
    ]

    @Test(arguments: cases)
    func `a range is read as RFC 9110 says`(text: String, expected: HTTPRange) {
        #expect(HTTPRange(["range": text], size: 1000, tag: "\"t\"") == expected)
    }

    @Test func `a condition that does not name the tag voids the range`() {
        let headers: HTTPHeaders = ["range": "bytes=0-1"]
        for (condition, expected) in [
            ("\"t\"", HTTPRange.part(0..<2)), ("\"u\"", .whole), ("W/\"t\"", .whole),
            ("Sun, 06 Nov 1994 08:49:37 GMT", .whole),
        ] {
            var headers = headers
            headers["if-range"] = condition
            #expect(HTTPRange(headers, size: 1000, tag: "\"t\"") == expected, "\(condition)")
        }
    }

    @Test func `nothing is in a range of an empty representation`() {
        #expect(HTTPRange(["range": "bytes=0-"], size: 0, tag: "") == .unsatisfiable)
        #expect(HTTPRange(["range": "bytes=-5"], size: 0, tag: "") == .unsatisfiable)
    }
}

/// Streamed answers whose length is known.
@Suite(.loop) struct HTTPLengthTests {
    private static func answer(_ length: Int, _ pieces: [Int]) -> HTTPHandler {
        { _ in
            var response = HTTPResponse(headers: ["content-type": "a/b"])
            response.length = length
            response.body = .stream { writer in
                for size in pieces { try await writer.write([UInt8](repeating: 7, count: size)) }
            }
            return response
        }
    }

    @Loop @Test(arguments: [[0], [1], [100_000], [32_768, 32_768, 5]])
    func `it arrives whole, with its length, and the connection goes on`(
        pieces: [Int]
    ) async throws {
        let length = pieces.reduce(0, +)
        try await withServer(handler: Self.answer(length, pieces)) { server in
            let client = try RawClient(port: server.port)
            for _ in 0..<2 {
                let response = try await client.ask(get())
                #expect(response.isWhole && response.body.count == length)
                #expect(response.header("Content-Length") == "\(length)")
            }
        }
    }

    @Loop @Test func `HEAD has the length and no body`() async throws {
        try await withServer(handler: Self.answer(70_000, [70_000])) { server in
            let client = try RawClient(port: server.port)
            try await client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            let response = try await client.response(hasBody: false)
            #expect(response.header("Content-Length") == "70000")
            let next = try await client.ask(get())
            #expect(next.isWhole && next.body.count == 70_000)
        }
    }

    @Loop @Test func `one that breaks off is seen to be incomplete`() async throws {
        try await withServer(handler: Self.answer(70_000, [40_000])) { server in
            let client = try RawClient(port: server.port)
            try await client.send(get())
            let bytes = try await client.readToEnd()
            #expect(bytes.count > 40_000 && bytes.count < 70_000)
        }
    }
}
