import BerthLoop
import BerthProviders
import BerthTestKit
import Testing

/// Pieces of a stream that have come already, which a reader takes without a wait.
@Suite(.loop, .timeLimit(.minutes(20))) struct TakenPiecesTests {
    @Loop @Test(arguments: DialectTests.dialects)
    func `what has come already is read alike without a wait`(dialect: DialectTests.Dialect)
        async throws
    {
        let asker = Asker()
        try await withAnswer(DialectTests.head, dialect.body) { url, _ in
            var told = await asker.stream(
                try asker.provider(url),
                try asker.call(),
                taking: true
            )
            told.taken = 0
            #expect(told == dialect.told)
        }
    }

    @Loop @Test func `events that come together are taken together`() async throws {
        let words = (0..<20).map {
            #"data: {"choices":[{"index":0,"delta":{"content":"w\#($0) "}}]}"# + "\n\n"
        }
        let large =
            #"data: {"choices":[{"index":0,"delta":{"content":""#
            + String(repeating: "x", count: 9_000) + #""}}]}"# + "\n\n"
        let end = #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
        let body = words.joined() + large + words.joined() + end + "\n\ndata: [DONE]\n\n"
        let asker = Asker()
        try await withAnswer(DialectTests.head, body) { url, _ in
            let provider = try asker.provider(url)
            let plain = await asker.stream(provider, try asker.call())
            var told = await asker.stream(provider, try asker.call(), taking: true)
            let taken = told.taken
            told.taken = 0
            #expect(told == plain && plain.text.utf8.count > 9_000 && plain.finish == "stop")
            // The body is large work, and the first piece is waited for. A body may come in parts.
            #expect(taken >= 20)
        }
    }
}
