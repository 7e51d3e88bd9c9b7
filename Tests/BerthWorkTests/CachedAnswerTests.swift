import BerthProviders
import BerthText
import Testing

@testable import BerthWork

/// The entries of the response cache.
@Suite struct CachedAnswerTests {
    private static let usage = TokenUsage(input: 7, output: 3, isEstimated: false)
    private static let details = #"{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}"#
    private static let whole =
        #"{"id":"a","choices":[{"index":0,"message":{"role":"assistant","content":"Hi \"é\"","reasoning":"hm"},"finish_reason":"stop"}],"usage":\#(details),"citations":["https://example.org"]}"#

    private func entry(_ body: CachedAnswer.Body) throws -> CachedAnswer {
        let kept = CachedAnswer(body: body, model: "hand/m \"x\"", usage: Self.usage)
        return try #require(CachedAnswer(kept.bytes))
    }

    private func completion(_ json: String) throws -> KeptCompletion {
        try #require(KeptCompletion(try JSONObject(answer: Array(json.utf8)), Self.usage))
    }

    private func described(_ pieces: [AnswerPiece]) -> [String] {
        pieces.map { piece in
            switch piece {
            case .text(let text): "text \(text)"
            case .raw(let raw): "raw \(raw.reasoning) \(raw.links.map(\.url))"
            case .finish(let reason): "finish \(reason)"
            case .usage(let usage, let details):
                "usage \(usage.input) \(usage.output) \(String(decoding: details ?? [], as: UTF8.self))"
            case .toolCall, .whole: "unexpected"
            }
        }
    }

    @Test func `a streamed text is read as it was written`() throws {
        let text = "Hi \"é\"\n\0"
        let answer = try entry(.text(text, details: Array(Self.details.utf8)))
        #expect(answer.model == "hand/m \"x\"" && answer.usage == Self.usage)
        #expect(
            described(answer.pieces) == [
                "text \(text)", "finish stop", "usage 7 3 \(Self.details)",
            ]
        )
    }

    @Test func `any other answer is kept whole, and told in pieces`() throws {
        let answer = try entry(.completion(try completion(Self.whole)))
        guard case .completion(let kept) = answer.body, let object = kept.object else {
            Issue.record("no completion")
            return
        }
        let whole = try JSONObject(Array(Self.whole.utf8))
        #expect(kept.text == "Hi \"é\"")
        for name in ["choices", "usage", "citations"] {
            #expect(object.value(name).map(Array.init) == whole.value(name).map(Array.init))
        }
        #expect(!object.has("id") && !object.has("created") && !object.has("model"))
        #expect(
            described(answer.pieces) == [
                #"raw hm ["https://example.org"]"#, "text Hi \"é\"", "finish stop",
                "usage 7 3 \(Self.details)",
            ]
        )
    }

    @Test func `an answer whose provider named no usage has that of its call`() throws {
        let json = #"{"choices":[{"message":{"content":"a"}}],"usage":null}"#
        let answer = try entry(.completion(try completion(json)))
        #expect(described(answer.pieces).last?.hasPrefix("usage 7 3 ") == true)
    }

    @Test func `a name that stands twice is no reason to lose an answer`() throws {
        let json =
            #"{"id":"a","id":"b","choices":[{"message":{"content":"a","content":"b"}}]}"#
        let answer = try entry(.completion(try completion(json)))
        guard case .completion(let kept) = answer.body else {
            Issue.record("no completion")
            return
        }
        #expect(kept.text == "b" && kept.object?.has("id") == false)
    }

    @Test(arguments: [
        #"{}"#, #"{"choices":[]}"#, #"{"choices":[{"message":{"content":[]}}]}"#,
        #"{"choices":[{"message":{"content":""}}]}"#,
        #"{"choices":[{"message":{"content":"a"}}],"user":"eva"}"#,
        #"{"choices":[{"message":{"content":"a"}}],"metadata":{"a":"b"}}"#,
    ])
    func `an answer without a text or with its asker's data is not kept`(json: String) throws {
        #expect(KeptCompletion(try JSONObject(answer: Array(json.utf8)), Self.usage) == nil)
    }

    @Test func `other bytes are no answer`() throws {
        let text = CachedAnswer(
            body: .text("a", details: Array("{}".utf8)),
            model: "m",
            usage: Self.usage
        )
        let whole = CachedAnswer(
            body: .completion(try completion(Self.whole)),
            model: "m",
            usage: Self.usage
        )
        #expect(CachedAnswer(Array(#"{"input":1,"output":1,"text":"a"}"#.utf8)) == nil)
        for (bytes, start) in [(text.bytes, 28), (whole.bytes, 26)] {
            for count in 0...start { #expect(CachedAnswer(Array(bytes.prefix(count))) == nil) }
            for place in [0, 19, 20, 23, 24] {
                var other = bytes
                other[place] = 0xFF
                #expect(CachedAnswer(other) == nil)
            }
        }
        #expect(CachedAnswer(Array(whole.bytes.dropLast())) == nil)
    }

    @Test func `absurd numbers of tokens are bounded`() throws {
        var bytes = CachedAnswer(
            body: .text("a", details: []),
            model: "m",
            usage: Self.usage
        ).bytes
        bytes.replaceSubrange(1..<9, with: [UInt8](repeating: 0xFF, count: 7) + [0x7F])
        bytes.replaceSubrange(9..<17, with: [0xFB] + [UInt8](repeating: 0xFF, count: 7))
        let answer = try #require(CachedAnswer(bytes))
        #expect((answer.usage.input, answer.usage.output) == (TokenUsage.most, 0))
    }
}
