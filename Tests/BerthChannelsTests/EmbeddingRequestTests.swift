import BerthText
import Testing

@testable import BerthChannels

/// The inputs of requests for embeddings.
@Suite struct EmbeddingRequestTests {
    private static func read(_ members: String) throws -> EmbeddingRequest {
        try EmbeddingRequest(Array(#"{"model":"e",\#(members)}"#.utf8))
    }

    @Test(arguments: [
        (#""input":"abcdefgh""#, 1, 2), (#""input":["abcd","efghi"]"#, 2, 3),
        (#""input":[1,2,3]"#, 1, 3), (#""input":[ 100257 ]"#, 1, 1),
        (#""input":[[1,2],[3]]"#, 2, 3), (#""input":["abcd",[1,2]]"#, 2, 3),
        (#""input":["a"],"encoding_format":"base64","dimensions":256,"user":"u""#, 1, 1),
    ])
    func `inputs are counted`(members: String, count: Int, tokens: Int) throws {
        let asked = try Self.read(members)
        #expect(asked.count == count && asked.tokens == tokens)
    }

    @Test func `an input of more tokens than a list is read with is counted`() throws {
        let tokens = (0..<8_191).map { "\($0)" }.joined(separator: ",")
        #expect(try Self.read(#""input":[\#(tokens)]"#).tokens == 8_191)
        let two = try Self.read(#""input":[[\#(tokens)],[\#(tokens)]]"#)
        #expect(two.count == 2 && two.tokens == 16_382)
    }

    @Test(arguments: [
        (#""user":"u""#, "input"), (#""input":null"#, "input"), (#""input":"""#, "input"),
        (#""input":[]"#, "input"), (#""input":7"#, "input"), (#""input":{"a":"b"}"#, "input"),
        (#""input":["a",""]"#, "input[1]"), (#""input":["a",null]"#, "input[1]"),
        (#""input":["a",[]]"#, "input[1]"), (#""input":[[1],[-2]]"#, "input[1]"),
        (#""input":[1,2.5]"#, "input[0]"),
        (#""input":[{"image":"https://x.example/a"}]"#, "input[0]"),
        (#""input":"a","encoding_format":"hex""#, "encoding_format"),
        (#""input":"a","encoding_format":7"#, "encoding_format"),
        (#""input":"a","dimensions":0"#, "dimensions"),
        (#""input":"a","dimensions":"8""#, "dimensions"),
        (#""input":"a","Dimensions":8"#, "dimensions"),
    ])
    func `other inputs are refused with their place`(members: String, place: String) {
        let error = #expect(throws: ChatRequest.Refusal.self) { try Self.read(members) }
        #expect(error?.parameter == place)
    }

    @Test func `more inputs than OpenAI takes are refused`() throws {
        let list = { repeatElement(#""a""#, count: $0).joined(separator: ",") }
        #expect(try Self.read(#""input":[\#(list(2_048))]"#).count == 2_048)
        for count in [2_049, 5_000] {
            #expect(throws: ChatRequest.Refusal.self) {
                try Self.read(#""input":[\#(list(count))]"#)
            }
        }
    }

    @Test func `an unknown member with an address is refused`() {
        #expect(throws: ChatRequest.Refusal.self) {
            try Self.read(#""input":"a","image_url":"http://10.0.0.1/x""#)
        }
        #expect(throws: ChatRequest.Refusal.self) {
            try Self.read(#""input":"a","image_url":"http://x.example/x""#)
        }
    }
}
