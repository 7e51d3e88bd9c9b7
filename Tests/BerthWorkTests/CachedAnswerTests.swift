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

    private func entry(_ body: CachedAnswer.Body) -> CachedAnswer {
        CachedAnswer(
            body: body,
            model: "hand/m \"x\"",
            usage: Self.usage,
            details: Array(Self.details.utf8)
        )
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
        let answer = try #require(CachedAnswer(entry(.text("Hi \"é\"\n")).bytes))
        #expect(answer.text == "Hi \"é\"\n" && answer.model == "hand/m \"x\"")
        #expect(answer.usage == Self.usage && answer.details == Array(Self.details.utf8))
        #expect(
            described(answer.pieces) == [
                "text Hi \"é\"\n", "finish stop", "usage 7 3 \(Self.details)",
            ]
        )
    }

    @Test func `any other answer is kept whole, and told in pieces`() throws {
        let object = try JSONObject(Array(Self.whole.utf8))
        let answer = try #require(CachedAnswer(entry(.completion(object, text: "")).bytes))
        guard case .completion(let read, _) = answer.body else {
            Issue.record("no completion")
            return
        }
        #expect(Array(read.text) == object.bytes && answer.text == "Hi \"é\"")
        #expect(
            described(answer.pieces) == [
                #"raw hm ["https://example.org"]"#, "text Hi \"é\"", "finish stop",
                "usage 7 3 \(Self.details)",
            ]
        )
    }

    @Test func `a name that stands twice is no reason to lose an answer`() throws {
        let text = #"{"choices":[{"message":{"content":"a","content":"b"}}]}"#
        let object = try JSONObject(answer: Array(text.utf8))
        let answer = try #require(CachedAnswer(entry(.completion(object, text: "")).bytes))
        #expect(answer.text == "b")
    }

    @Test(arguments: [
        "", "{}", "null", #"{"input":1,"output":1,"model":"m","text":"a"}"#,
        #"{"input":1,"output":1,"model":"m","text":"","usage":{}}"#,
        #"{"input":1,"output":1,"model":"m","text":7,"usage":{}}"#,
        #"{"input":"1","output":1,"model":"m","text":"a","usage":{}}"#,
        #"{"input":1,"output":1,"model":"m","text":"a","usage":"none"}"#,
        #"{"input":1,"output":1,"model":"m","answer":{},"usage":{}}"#,
        #"{"input":1,"output":1,"model":"m","answer":{"choices":[]},"usage":{}}"#,
        #"{"input":1,"output":1,"model":"m","answer":{"choices":[{"message":{"content":[]}}]},"usage":{}}"#,
        #"{"input":1,"output":1,"model":"m","answer":"a","usage":{}}"#,
    ])
    func `other bytes are no answer`(text: String) {
        #expect(CachedAnswer(Array(text.utf8)) == nil)
    }

    @Test func `absurd numbers of tokens are bounded`() throws {
        let text =
            #"{"input":9223372036854775807,"output":-5,"model":"m","text":"a","usage":{}}"#
        let answer = try #require(CachedAnswer(Array(text.utf8)))
        #expect((answer.usage.input, answer.usage.output) == (TokenUsage.most, 0))
    }
}
