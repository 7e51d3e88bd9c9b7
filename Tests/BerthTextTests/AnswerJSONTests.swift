import BerthText
import Testing

/// The reading of a provider's answer, which may be less strict than JSON.
@Suite struct AnswerJSONTests {
    private func object(_ text: String) throws -> JSONObject {
        try JSONObject(answer: Array(text.utf8))
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":"x","b":0,"a":2}"#, #"{"a":1,"\u0061":2}"#,
        #"{"a":2} and more"#, #"{"a":2}}"#, #"{"x":NaN,"a":2}"#,
        #"{"x":[-Infinity,Infinity],"a":2}"#,
        #"{"x":"NaN","a":2}"#,
    ])
    func `the last of two members counts, and what is glued on is dropped`(text: String) throws {
        #expect(try object(text).integer("a") == 2)
    }

    @Test func `the last counts within objects and among many members`() throws {
        #expect(try object(#"{"o":{"a":1,"a":2}}"#).object("o")?.integer("a") == 2)
        #expect(
            try object(#"{"l":[{"a":1,"a":2}]}"#).elements("l").map {
                try object(#"{"l":[{"a":1,"a":2}]}"#).object(at: $0[0])?.integer("a")
            } == 2
        )
        let many = (0..<40).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        let twice = try object("{\(many),\"m3\":99,\"m39\":98}")
        #expect(twice.integer("m3") == 99 && twice.integer("m39") == 98)
        #expect(twice.count == 40)
        let set = String(decoding: twice.setting(["m1": nil]), as: UTF8.self)
        #expect(set.contains("\"m3\":99") && !set.contains("\"m3\":3,"))
    }

    @Test func `members beyond a bound are not read, and the others are`() throws {
        let many = (0..<5000).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        let long = String(repeating: "n", count: JSONObject.mostName)
        let odd = "{\"a\":1,\"\(long)\":2,\(many),\(many),\"a\":3}"
        let read = try object(odd)
        #expect(read.integer("a") == 3 && read.integer("m0") == 0)
        #expect(read.count == JSONObject.mostMembers && !read.has(long))
        #expect(try object("{\"o\":\(odd)}").object("o")?.integer("a") == 3)
        #expect(throws: JSONError.self) { try JSONObject(Array(odd.utf8)) }
    }

    @Test func `bytes that are no UTF-8 are replaced`() throws {
        let bytes = Array(#"{"a":"x"#.utf8) + [0xFF] + Array(#"y"}"#.utf8)
        #expect(try JSONObject(answer: bytes).string("a") == "x\u{FFFD}y")
        #expect(throws: JSONError.self) { try JSONObject(bytes) }
    }

    @Test(arguments: ["", "[]", "{", #"{"a":}"#, "null", #"{"a":1 "b":2}"#, "NaN"])
    func `text that is no object is refused`(text: String) {
        #expect(throws: JSONError.self) { try object(text) }
    }

    @Test func `a request with a duplicate is still refused`() {
        #expect(throws: JSONError.self) { try JSONObject(Array(#"{"a":1,"a":2}"#.utf8)) }
    }

    @Test(arguments: [
        (#""a\ud83d""#, true), (#""\uD83D""#, true), (#""\uDBff""#, true),
        (#""a\ud83d\ude00""#, false),
        (#""\ude00""#, false), (#""\\ud83d""#, false), (#""\\\ud83d""#, true), (#""""#, false),
        (#""ud83d""#, false), (#""\u00e9""#, false),
    ])
    func `the first half of a character at a text's end is found`(quoted: String, isHalf: Bool) {
        let half = JSONObject.half(endOf: Array(quoted.utf8)[...])
        #expect((half != nil) == isHalf)
    }

    @Test(
        arguments: [
            ("data: a\n\ndata: b", "b"), ("data: b\n", "b"), ("data: b\r", "b"),
            ("data: a\n\n", nil),
            ("", nil), (": ping\n", nil), ("data: a\n\ndata: [DONE]", "[DONE]"),
        ] as [(String, String?)]
    )
    func `a stream's end completes its last event`(text: String, last: String?) throws {
        var parser = SSEParser()
        _ = try parser.feed(Array(text.utf8))
        let event = parser.finish()
        #expect(event.map { String(decoding: $0.data, as: UTF8.self) } == last)
        #expect(parser.finish() == nil)
    }
}
