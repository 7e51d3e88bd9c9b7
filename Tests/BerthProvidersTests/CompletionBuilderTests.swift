import BerthText
import Testing

@testable import BerthProviders

/// Whole answers made of a stream's pieces, and the pieces of a whole answer.
@Suite struct CompletionBuilderTests {
    private func pieces(_ chunks: [String]) throws -> [AnswerPiece] {
        var reader = OpenAIChunks()
        return try chunks.flatMap { reader.pieces(of: try JSONObject(Array($0.utf8))) }
    }

    private static func chunk(_ delta: String, _ more: String = "") -> String {
        #"{"choices":[{"index":0,"delta":{\#(delta)},"finish_reason":null}]\#(more)}"#
    }

    private static let end = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#

    private static let streams = [
        [chunk(#""content":"Hi é \"x\"""#), end],
        [
            chunk(#""reasoning_content":"h""#), chunk(#""reasoning_content":"m""#),
            chunk(#""content":"Hi""#), end,
        ],
        [
            chunk(#""content":"H""#),
            chunk(#""content":"i""#, #","citations":["https://a.example"]"#),
            chunk(#""content":"!""#), end,
        ],
        [chunk(#""content":"Hi""#), chunk(#""annotations":[{"url":"https://a.example"}]"#), end],
        [
            chunk(#""reasoning_details":[{"index":0,"type":"reasoning.text","text":"h"}]"#),
            chunk(#""reasoning_details":[{"index":0,"text":"m"}]"#), chunk(#""content":"Hi""#), end,
        ],
        [
            chunk(#""tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]"#),
            chunk(#""tool_calls":[{"index":0,"function":{"arguments":"}"}}]"#),
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        ],
        [chunk(#""refusal":"No.""#), end],
    ]

    @Test(arguments: streams)
    func `a whole answer told in pieces is the same answer`(chunks: [String]) throws {
        var first = CompletionBuilder()
        for piece in try pieces(chunks) { first.add(piece) }
        let whole = try JSONObject(try #require(first.completion))
        var again = CompletionBuilder()
        for piece in AnswerPiece.pieces(of: whole) { again.add(piece) }
        let second = try JSONObject(try #require(again.completion))
        for name in ["choices", "citations", "usage"] {
            let values = [whole, second].map { object in
                object.sorted(without: []).first { $0.name.elementsEqual(name.utf8) }
            }
            #expect(flat(values[0]?.value) == flat(values[1]?.value))
        }
    }

    /// A value with its members in the order of their names.
    private func flat(_ value: ArraySlice<UInt8>?) -> String {
        guard let value else { return "-" }
        if value.first == UInt8(ascii: "{"), let object = try? JSONObject(Array(value)) {
            return object.sorted(without: ["role"]).filter { !$0.value.elementsEqual("null".utf8) }
                .map { String(decoding: $0.name, as: UTF8.self) + ":" + flat($0.value) }
                .joined(separator: ",")
        }
        if value.first == UInt8(ascii: "["),
            let list = try? JSONObject(Array(#"{"l":"#.utf8) + value + Array("}".utf8))
        {
            return (list.elements("l") ?? []).map { flat(list.bytes[$0]) }.joined(separator: ";")
        }
        return String(decoding: value, as: UTF8.self)
    }

    @Test func `a text alone is known as such, with its usage`() throws {
        var builder = CompletionBuilder()
        let usage = #"{"prompt_tokens":7,"completion_tokens":3}"#
        for piece in try pieces([
            Self.chunk(#""content":"Hi ""#), Self.chunk(#""content":"é""#), Self.end,
            #"{"choices":[],"usage":\#(usage)}"#,
        ]) { builder.add(piece) }
        #expect(builder.text.map { String(decoding: $0, as: UTF8.self) } == "Hi é")
        #expect(builder.details == Array(usage.utf8))
        for piece in try pieces([Self.chunk(#""reasoning":"hm""#)]) { builder.add(piece) }
        #expect(builder.text == nil)
    }

    @Test func `its size follows what it holds, not what came`() throws {
        var builder = CompletionBuilder()
        let frame = String(repeating: "x", count: 300)
        for _ in 0..<1_000 {
            let more = #","system_fingerprint":"\#(frame)""#
            for piece in try pieces([Self.chunk(#""reasoning":"word ""#, more)]) {
                builder.add(piece)
            }
        }
        let whole = try #require(builder.completion)
        #expect(whole.count > 5_000 && builder.size >= whole.count - 200)
        #expect(builder.size < whole.count + 2_000)
    }

    // MARK: Members of another type

    private static let values = ["[]", "{}", "0", "true", "null", #""""#, "[{}]", "[[]]", "[null]"]
    private static let odd =
        values.flatMap { value in
            [
                #"{"choices":[{"index":0,"delta":\#(value)}]}"#,
                #"{"choices":[{"index":0,"message":\#(value)}]}"#,
                #"{"choices":[{"index":0,"delta":{},"message":\#(value)}]}"#,
                #"{"choices":\#(value)}"#, #"{"choices":[\#(value)]}"#,
                #"{"choices":[\#(value),{"index":0,"delta":{"content":""}}]}"#,
                #"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":\#(value)}]}"#,
                #"{"choices":[{"index":0,"delta":{}}],"usage":\#(value)}"#,
            ]
                + ["content", "refusal", "tool_calls", "reasoning_content", "role"].map {
                    chunk(#""\#($0)":\#(value)"#)
                }
        } + [
            #"{"choices":[{"index":0,"delta":"x"}]}"#, #"{"choices":[{"index":0,"message":"x"}]}"#,
        ]

    @Test(arguments: odd)
    func `a chunk with a member of another type keeps out no other`(odd: String) throws {
        for place in 0...3 {
            var chunks = [
                Self.chunk(#""content":"H""#), Self.chunk(#""content":"i","reasoning":"h""#),
                Self.chunk(#""content":"!","x_more":1"#),
            ]
            chunks.insert(odd, at: place)
            var builder = CompletionBuilder()
            for piece in try pieces(chunks + [Self.end]) {
                builder.add(piece)
                if case .raw(let raw) = piece { expectForm(of: raw.chunk) }
            }
            let whole = try JSONObject(try #require(builder.completion))
            let choice = whole.elements("choices")?.first.flatMap { whole.object(at: $0) }
            let message = try #require(choice?.object("message"))
            #expect(message.string("content") == "Hi!" && message.string("reasoning") == "h")
            #expect(choice?.string("finish_reason") == "stop")
        }
    }

    /// Expects that a client finds each member of a chunk's choices under its own type.
    private func expectForm(of chunk: JSONObject) {
        for range in chunk.elements("choices") ?? [] {
            let delta = chunk.object(at: range)?.object("delta")
            #expect(delta != nil, "\(String(decoding: chunk.text, as: UTF8.self))")
            guard let delta else { continue }
            for name in ["content", "refusal"] where delta.has(name) {
                #expect(delta.isString(name), "\(String(decoding: chunk.text, as: UTF8.self))")
            }
            #expect(!delta.has("tool_calls") || delta.isList("tool_calls"))
        }
    }

    private static let forms = [
        (#""content":{"type":"text","text":"Hi"}"#, "Hi", ""),
        (#""content":{"text":{"value":"Hi"}}"#, "Hi", ""),
        (#""content":{"type":"thinking","thinking":"hm"}"#, "", "hm"),
        (#""content":["H",{"text":"i"},7,null]"#, "Hi", ""),
        (#""content":"Hi","reasoning":[{"text":"h"},{"text":"m"}]"#, "Hi", "hm"),
        (#""content":"Hi","reasoning_content":{"content":"hm"}"#, "Hi", "hm"),
        (#""content":"Hi","reasoning_content":"","reasoning":{"summary":"hm"}"#, "Hi", "hm"),
        (#""content":"Hi","reasoning_details":[{"summary":"hm"}]"#, "Hi", "hm"),
    ]

    @Test(arguments: forms)
    func `content and reasoning are read as a text, a part or a list`(
        members: String,
        text: String,
        reasoning: String
    ) throws {
        let all = try pieces([Self.chunk(members)])
        #expect(all.map(\.text).joined() == text)
        let thoughts = all.map { piece in
            if case .raw(let raw) = piece { raw.reasoning } else { "" }
        }
        #expect(thoughts.joined() == reasoning)
    }
}
