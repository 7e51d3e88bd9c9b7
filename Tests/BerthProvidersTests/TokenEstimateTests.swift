import BerthHTTP
import BerthProviders
import BerthText
import Testing

@Suite(.timeLimit(.minutes(20))) struct TokenEstimateTests {
    private func input(_ text: String) throws -> Int {
        TokenEstimate.input(of: try JSONObject(Array(text.utf8)))
    }

    /// Estimates the tokens of one message with `content`.
    private func message(_ content: String) throws -> Int {
        try input(#"{"messages":[\#(content)]}"#)
    }

    @Test(arguments: [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("é", 1), ("日本語", 3)])
    func `four bytes are a token`(text: String, tokens: Int) {
        #expect(TokenEstimate.of(text) == tokens)
    }

    @Test func `messages and tools count, other members do not`() throws {
        #expect(try input("{}") == 0)
        #expect(try input(#"{"messages":[],"model":"abcdefgh"}"#) == 0)
        #expect(try message(#"{"role":"user","content":"hi"}"#) == 4 + 8)
        #expect(try input(#"{"messages":[{"a":1},{"a":2}],"tools":[1234]}"#) == 2 * (4 + 2) + 2)
    }

    @Test(arguments: [
        #"{"c":[{"image_url":{"url":"PIC"}}]}"#,
        #"{"c":[{"image_url":{ "url" : "PIC" , "detail":"low"}}]}"#,
        #"{"c":[{"image_url":"PIC"}]}"#, "{\"c\":[{\"image_url\":\n\t{\"url\":\r\n\"PIC\"}}]}",
    ])
    func `a picture is one, whatever its bytes`(text: String) throws {
        let pictures = [
            "data:image/png;base64," + String(repeating: "A", count: 4_000_000), "data:,",
            "https://example.org/" + String(repeating: "a", count: 2000),
            "http://example.org/a.png",
        ]
        let blank = try message(text.replacing("PIC", with: ""))
        for picture in pictures {
            #expect(
                try message(text.replacing("PIC", with: picture)) == blank
                    + TokenEstimate.perPicture
            )
        }
    }

    @Test func `each picture counts`() throws {
        let part = #"{"image_url":{"url":"data:image/png;base64,AAAA"}}"#
        let one = try message(#"{"content":[\#(part)]}"#)
        let three = try message(#"{"content":[\#(part),\#(part),\#(part)]}"#)
        #expect((3190...3250).contains(three - one))
    }

    @Test(arguments: [
        #"{"content":"TEXT"}"#, #"{"content":[{"type":"text","text":"TEXT"}]}"#,
        #"{"content":"\"url\":\"TEXT"}"#, #"{"content":"see \"image_url\" : \"TEXT"}"#,
        #"{"url":{"content":"TEXT"}}"#, #"{"content":["url","TEXT"]}"#, #"{"my_url":"TEXT"}"#,
    ])
    func `a text that looks like a picture is still a text`(text: String) throws {
        let data = "data:image/png;base64," + String(repeating: "word ", count: 8000)
        let tokens = try message(text.replacing("TEXT", with: data))
        #expect(tokens > 10_000)
    }
}
