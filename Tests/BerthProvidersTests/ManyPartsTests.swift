import BerthHTTP
import BerthLoop
import BerthTestKit
import BerthText
import Testing

@testable import BerthProviders

/// Objects of very many members, lists of very many elements: their time is linear in the number.
@Suite(.timeLimit(.minutes(20))) struct ManyPartsTests {
    /// `n` members with the value `value`.
    private static func members(_ n: Int, _ value: String = "0") -> String {
        (0..<n).map { "\"m\($0)\":\(value)" }.joined(separator: ",")
    }

    private static func object(_ text: String) throws -> JSONObject {
        try JSONObject(answer: Array(text.utf8))
    }

    private static func chunk(_ delta: String) -> String {
        #"{"choices":[{"index":0,"delta":{\#(delta)}}]}"#
    }

    /// Reads the same chunk twice and builds the answer.
    private static func build(_ text: String) throws {
        let chunk = try object(text)
        var (chunks, builder) = (OpenAIChunks(), CompletionBuilder())
        for _ in 0..<2 { for piece in chunks.pieces(of: chunk) { builder.add(piece) } }
        #expect(builder.completion != nil)
    }

    private static let works: [(String, @Sendable (Int) throws -> Void)] = [
        ("words", { n in _ = try object("{\"content\":{\(members(n))}}").hasWords }),
        ("nothing said", { n in _ = try object("{\(members(n, "\"\""))}").hasWords }),
        (
            "a text of many members",
            { n in
                let part = "\"type\":\"text\",\"text\":\"a\",\(members(n))"
                try build(chunk("\"content\":{\(part)}"))
            }
        ),
        ("a delta of many members", { n in try build(chunk(members(n))) }),
        (
            "a choice of many members",
            { n in try build(#"{"choices":[{"index":0,"delta":{"x":1},\#(members(n))}]}"#) }
        ),
        (
            "a chunk of many members",
            { n in try build(#"{\#(members(n)),"choices":[{"index":0,"delta":{"x":1}}]}"#) }
        ),
        (
            "many tool calls",
            { n in
                let calls = (0..<n).map { #"{"index":\#($0),"id":"t"}"# }.joined(separator: ",")
                try build(chunk("\"tool_calls\":[\(calls)]"))
            }
        ),
        (
            "many choices",
            { n in
                let list = (0..<n).map { #"{"index":\#($0),"delta":{"x":1}}"# }
                try build("{\"choices\":[\(list.joined(separator: ","))]}")
            }
        ),
        (
            "many limits",
            { n in
                var headers: HTTPHeaders = [:]
                for index in 0..<n { headers.add("x-ratelimit-reset-\(index)", "1s") }
                _ = RetryAfter.read(headers, now: Timestamp(milliseconds: 0))
            }
        ),
    ]

    @Test(arguments: works.map(\.0))
    func `the time is linear in the number of parts`(name: String) throws {
        let work = try #require(ManyPartsTests.works.first { $0.0 == name }).1
        // An index has 512 values and a list 4,096, so both sizes lie between.
        #expect(try growth(from: 510, of: work) < 24)
    }

    /// A text whose characters take a time to compare that grows with the square of its length.
    private static func marks(_ n: Int) -> String {
        "e" + String(repeating: "\u{301}\u{316}", count: n)
    }

    private static let readers: [(String, @Sendable (String) throws -> Void)] = [
        (
            "an event's name",
            { text in
                var parser = SSEParser()
                let event = try parser.feed(Array("event: \(text)\ndata: 1\n\n".utf8)).first
                #expect(event?.event != "error")
            }
        ),
        (
            "a finish reason",
            { text in try build(#"{"choices":[{"index":0,"finish_reason":"\#(text)","x":1}]}"#) }
        ),
        (
            "a type of Anthropic's",
            { text in
                var reader = AnthropicEvents(provider: "a")
                let event = try object(#"{"type":"\#(text)","delta":{"type":"\#(text)"}}"#)
                #expect(try reader.pieces(of: event).isEmpty)
            }
        ),
        (
            "a type of a part",
            { text in try build(chunk(#""content":[{"type":"\#(text)","text":"a"}]"#)) }
        ),
        (
            "an error's message and member",
            { text in
                let start = text.cut(toBytes: text.utf8.count / 32)
                let body = #"{"error":{"message":"\#(start)","param":"\#(start.dropLast())"}}"#
                let fault = UpstreamFault(Array(body.utf8), status: 400, hiding: nil)
                #expect(fault.reason != nil)
            }
        ),
        (
            "names of members",
            { text in
                let name = text.cut(toBytes: 1_000)
                let list = (0..<text.utf8.count / 200).map { "\"\(name)\($0)\":0" }
                try build(chunk(list.joined(separator: ",")))
            }
        ),
        (
            "a field",
            { text in
                let headers: HTTPHeaders = ["date": text, text: "1"]
                let now = Timestamp(milliseconds: 7)
                #expect(RetryAfter.read(headers, now: now) == nil)
                #expect(RetryAfter.clock(of: headers, or: now) == now)
            }
        ),
        (
            "a coding",
            { text in #expect(throws: ContentCodingError.self) { try ContentCoding.of(text) } }
        ),
        (
            "a refusal",
            { text in
                let words = RefusalWords(text.cut(toBytes: text.utf8.count / 16))
                #expect(!words.refuses && !words.namesAnyLimit && !words.isAboutPrompt)
            }
        ),
    ]

    @Test(arguments: readers.map(\.0))
    func `the time is linear in the length of a character`(name: String) throws {
        let read = try #require(ManyPartsTests.readers.first { $0.0 == name }).1
        #expect(try growth(from: 1_000) { try read(ManyPartsTests.marks($0)) } < 24)
    }

    @Test(arguments: [
        #""reasoning_content":"a","x":[LIST]"#, #""tool_calls":[LIST]"#, #""content":[LIST]"#,
        #""content":{"type":"text","text":"a","x":[LIST]}"#,
    ])
    func `a short chunk of very many parts is passed on off the loop`(delta: String) throws {
        for (count, isLarge) in [(10, false), (1600, true)] {
            let list = Array(repeating: "{}", count: count).joined(separator: ",")
            let text = Self.chunk(delta.replacing("LIST", with: list))
            #expect(text.utf8.count < LargeWork.limit)
            var chunks = OpenAIChunks()
            let chunk = try Self.object(text)
            let pieces = chunks.pieces(of: chunk).filter { $0.raw != nil }
            #expect(LargeWork.isLarge(chunk.work) == isLarge)
            #expect(pieces.allSatisfy { LargeWork.isLarge($0.work) == isLarge })
        }
    }

    @Test func `members of two chunks are merged whether they are few or many`() throws {
        for count in [3, 40, 400] {
            var (chunks, builder) = (OpenAIChunks(), CompletionBuilder())
            for letter in ["a", "b"] {
                let delta = ManyPartsTests.members(count, "\"\(letter)\"")
                let chunk = try ManyPartsTests.object(ManyPartsTests.chunk(delta))
                for piece in chunks.pieces(of: chunk) { builder.add(piece) }
            }
            let answer = try JSONObject(answer: try #require(builder.completion))
            let choice = answer.elements("choices").flatMap { answer.object(at: $0[0]) }
            let message = choice?.object("message")
            #expect(message?.string("m0") == "ab")
            #expect(message?.string("m\(count - 1)") == "ab")
            #expect(message?.count == count + 2)
        }
    }

    @Test func `an error in a long text is found wherever it stands`() {
        for before in [0, 10, 1_500] {
            let text = String(repeating: "é ", count: before / 3) + "Maximum context length is 8"
            let fault = UpstreamFault(Array(text.utf8), status: 400, hiding: nil)
            #expect(fault.kind == .contextTooLong)
        }
        #expect(
            RetryAfter.inWords(String(repeating: "wait ", count: 20) + "wait 7s") == .seconds(7)
        )
        let page = "<HTML><Title a=b>It &lt;is&gt; &amp;quot; away</TITLE><body>x</body>"
        let fault = UpstreamFault(Array(page.utf8), status: 502, hiding: nil)
        #expect(fault.isPage && fault.reason == "It <is> &quot; away")
    }
}
