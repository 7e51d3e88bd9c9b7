import BerthMemory
import BerthText
import Testing

@Suite struct SSETests {
    private static func events(
        _ pieces: [[UInt8]],
        maxEventBytes: Int = 1 << 20
    ) throws(SSEError) -> [SSEEvent] {
        var parser = SSEParser(maxEventBytes: maxEventBytes)
        var events: [SSEEvent] = []
        for piece in pieces { events += try parser.feed(piece) }
        return events
    }

    private static func event(_ data: String, _ name: String? = nil) -> SSEEvent {
        SSEEvent(event: name, data: Array(data.utf8))
    }

    private static let table: [(String, [SSEEvent])] = [
        ("data: a\n\n", [event("a")]),
        ("data:a\n\n", [event("a")]),
        ("data:  a\n\n", [event(" a")]),
        ("data: a\r\n\r\n", [event("a")]),
        ("data: a\r\r", [event("a")]),
        ("data: a\r\n\ndata: b\r\r\n", [event("a"), event("b")]),
        ("data: a\ndata: b\n\n", [event("a\nb")]),
        ("data\n\n", [event("")]),
        ("data:\ndata:\n\n", [event("\n")]),
        ("\u{FEFF}data: a\n\n", [event("a")]),
        ("data: a\n\n\u{FEFF}data: b\n\n", [event("a")]),
        (": ping\n\ndata: a\n\n: x\n", [event("a")]),
        ("event: done\ndata: a\n\ndata: b\n\n", [event("a", "done"), event("b")]),
        ("event: only\n\ndata: b\n\n", [event("b")]),
        ("id: 7\nid: x\0y\nid\ndata: a\n\ndata: b\n\n", [event("a"), event("b")]),
        ("retry: 5\nother: x\n data: no\ndata: a\n\n", [event("a")]),
        ("data: [DONE] \n\n", [event("[DONE] ")]),
        ("data: a\n\ndata: unfinished\n", [event("a")]),
        ("data: a\n\ndata: unfinished", [event("a")]),
        ("data: \u{2028}\u{85}\u{B}\u{C}\n\n", [event("\u{2028}\u{85}\u{B}\u{C}")]),
        ("data: {\"a\":\"b: c\"}\n\n", [event("{\"a\":\"b: c\"}")]),
        ("", []), ("\n\n\r\r\n", []),
    ]

    @Test(arguments: table)
    func `a stream is read as the standard says`(stream: String, wanted: [SSEEvent]) throws {
        #expect(try SSETests.events([Array(stream.utf8)]) == wanted)
    }

    @Test(arguments: table)
    func `byte by byte it reads the same`(stream: String, wanted: [SSEEvent]) throws {
        #expect(try SSETests.events(stream.utf8.map { [$0] }) == wanted)
    }

    @Test func `where a stream is cut in two makes no difference`() throws {
        let text =
            "\u{FEFF}: hi\r\nid: 1\r\nevent: é🙂\r\ndata: x 🙂\r\ndata: y\r\n\r\n"
            + "data: two\r\rdata: three\n\r\n"
        let stream = Array(text.utf8)
        let wanted = [
            SSETests.event("x 🙂\ny", "é🙂"), SSETests.event("two"),
            SSETests.event("three"),
        ]
        for cut in 0...stream.count {
            let events = try SSETests.events([Array(stream[..<cut]), Array(stream[cut...])])
            #expect(events == wanted, "cut at \(cut)")
        }
    }

    @Test func `bytes that are not UTF-8 pass through data unchanged`() throws {
        let events = try SSETests.events([Array("data: ".utf8) + [0xFF, 0xC3, 0x0A, 0x0A]])
        #expect(events == [SSEEvent(data: [0xFF, 0xC3])])
    }

    @Test func `a line or an event over the limit is an error, then and later`() throws {
        let limit = SSEError.tooLarge(limit: 64)
        let long = Array(String(repeating: "x", count: 65).utf8)
        #expect(throws: limit) { try SSETests.events([long], maxEventBytes: 64) }
        #expect(throws: limit) { try SSETests.events(long.map { [$0] }, maxEventBytes: 64) }
        let lines = Array(String(repeating: "data: 1234\n", count: 13).utf8)
        #expect(throws: limit) { try SSETests.events([lines], maxEventBytes: 64) }
        var parser = SSEParser(maxEventBytes: 64)
        #expect(throws: limit) { _ = try parser.feed(long) }
        #expect(throws: limit) { _ = try parser.feed(Array("data: a\n\n".utf8)) }
    }

    @Test func `a flood of comments and of events stays under the limit`() throws {
        let flood = Array(String(repeating: ": nothing\n\ndata: a\n\n", count: 500).utf8)
        #expect(try SSETests.events([flood], maxEventBytes: 64).count == 500)
    }

    @Test(arguments: ["", "a", "a\nb", "a\r\nb\rc\n", "\n", "é\u{2028}🙂"])
    func `what is produced is read back, with its line ends as newlines`(text: String) throws {
        let plain = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        let bytes = SSE.event(Array(text.utf8), name: "n\nx")
        #expect(try SSETests.events([SSE.ping, bytes]) == [SSETests.event(plain, "nx")])
    }

    @Test func `an event is one piece of text`() {
        let text = String(decoding: SSE.event(Array("{}".utf8)), as: UTF8.self)
        #expect(text == "data: {}\n\n")
    }
}
