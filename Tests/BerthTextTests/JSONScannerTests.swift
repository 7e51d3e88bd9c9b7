import Testing

@testable import BerthText

/// Valid and invalid JSON by RFC 8259, with the cases of <https://github.com/nst/JSONTestSuite>.
@Suite(.timeLimit(.minutes(20))) struct JSONScannerTests {
    /// Whether `value` is taken as a member's value.
    private func accepts(_ value: String) -> Bool {
        (try? JSONObject(Array(#"{"a":"#.utf8) + Array(value.utf8) + Array("}".utf8))) != nil
    }

    @Test(arguments: [
        "0", "-0", "1", "-1", "10", "123e65", "0e+1", "0e1", "1E22", "1E-2", "1E+2", "123.456e78",
        "-0.000000000000000000000000000000001", "1e-999", "1e999", "123123123123123123123123123",
        "true", "false", "null", "[]", "{}", "[[]]", "[[],{},[{}]]", "[1 , 2]", "[null,1,\"1\",{}]",
        #""""#, #""a""#, #""\"\\\/\b\f\n\r\t""#, #""\u0041""#, #""\uD83D\uDE00""#,
        #""\ud83d\ude00""#,
        #""\ud800""#, #""\uDE00\uD83D""#, #""\u0000""#, "\"\u{7F}\"", "\"\u{2028}\u{2029}\"",
        "\"é😀\u{10FFFF}\"", " \t\r\n1 \t\r\n", #"{"b":{"c":[{"d":null}]}}"#, #"{"":0}"#,
        #"{"a":{"b":1},"c":2}"#,
    ])
    func `what is JSON is taken`(value: String) {
        #expect(accepts(value))
    }

    @Test(arguments: [
        "", " ", "+1", "-", "--1", "01", "-01", "00", "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1E-",
        "0e", "1.0e", "1ee2", "1-2", "0x10", "0b1", "1_000", "1 000", "NaN", "-NaN", "Infinity",
        "-Infinity", "nul", "nulll", "True", "TRUE", "truefalse", "undefined", "'a'", "a", "[",
        "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1:2]", "{", "{1:2}", "{a:1}",
        #"{"b"}"#, #"{"b":}"#, #"{"b":1,}"#, #"{,"b":1}"#, #"{"b":1,,"c":2}"#, #"{"b" 1}"#,
        #"{"b"::1}"#, #"{"b":1 "c":2}"#, #"{"b":1"#, #"{'b':1}"#, #"""#, #""a"#, #""\"#, #""\""#,
        #""\a""#, #""\x41""#, #""\u""#, #""\u12""#, #""\u123g""#, #""\u+123""#, #""\U0041""#,
        #""\ud83d\u""#, "\"\n\"", "\"\t\"", "\"\0\"", "\"\u{1F}\"", "\u{A0}1", "\u{FEFF}1",
        "\u{B}1",
        "\u{C}1", "1//c", "/**/1", "#1", "1;", "[1}", "{\"b\":1]",
    ])
    func `what is not JSON is refused`(value: String) {
        #expect(!accepts(value))
    }

    @Test(arguments: [
        "", " ", "[]", "1", "null", "\"a\"", "true", "{}x", "{} {}", "{},", "{", "}", "\u{FEFF}{}",
        "{}\0", "/**/{}", "{}//", "<html>", "data: {}",
    ])
    func `what is not one object is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONObject(Array(text.utf8)) }
    }

    @Test(arguments: [
        ("{\"a\":1,}", 7, "a member's name is expected"), ("{\"a\":}", 5, "a value is expected"),
        ("[1]", 0, "an object is expected"), ("{\"a\":1} x", 8, "something follows the object"),
        ("{\"a\":01}", 6, "'}' is expected"), ("{\"a\"", 4, "':' is expected"),
        ("{\"a\":\"x", 7, "a string has no end"), ("{\"a\":", 5, "a value is missing"),
        ("{\"a\":1,\"a\":2}", 7, "the member 'a' stands twice"),
        ("{\"a\":\"\\q\"}", 6, "an unknown escape"), ("{\"a\":-}", 6, "a digit is expected"),
        ("{\"a\":\"\\u00g0\"}", 6, "\\u needs four hexadecimal digits"),
        ("{\"a\":\"\n\"}", 6, "a control character must be escaped"),
    ])
    func `a refusal says what and where`(text: String, offset: Int, reason: String) {
        #expect(throws: JSONError(reason: reason, offset: offset)) {
            try JSONObject(Array(text.utf8))
        }
    }

    @Test func `an error describes itself for whoever sent the text`() {
        let error = JSONError(reason: "a value is missing", offset: 5)
        #expect(error.description == "invalid JSON at byte 5: a value is missing")
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80],
            [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE],
            [0xE0, 0x80, 0xAF],
        ] as [[UInt8]]
    )
    func `invalid UTF-8 is refused wherever it stands`(bytes: [UInt8]) {
        let places = [#"{"a":""#, #"{"b":{"c":""#, #"{""#]
        let ends = [#""}"#, #""}}"#, #"":1}"#]
        for (before, after) in zip(places, ends) {
            let text = Array(before.utf8) + bytes + Array(after.utf8)
            #expect(throws: JSONError(reason: "it is not valid UTF-8", offset: 0)) {
                try JSONObject(text)
            }
        }
    }

    // MARK: Bombs

    @Test(arguments: [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")])
    func `nesting is bounded`(open: String, close: String) {
        let levels = open.count > 5 ? 31 : 63
        let fits = { (count: Int) in
            accepts(
                String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
            )
        }
        #expect(fits(levels))
        #expect(!fits(levels + 1))
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":"])
    func `a bomb of a million levels is refused, not followed`(open: String) {
        let bomb = #"{"a":"# + String(repeating: open, count: 1_000_000)
        let error = #expect(throws: JSONError.self) { try JSONObject(Array(bomb.utf8)) }
        #expect(error?.reason == "it is nested too deeply")
    }

    @Test func `a text of many members is read in linear time`() throws {
        let members = (0..<4_096).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        let object = try JSONObject(Array("{\(members)}".utf8))
        #expect(object.integer("m4095") == 4095)
    }

    @Test func `what has more members or elements than are looked into is refused`() throws {
        let many = (0...4_096).map { "\"m\($0)\":0" }.joined(separator: ",")
        let error = #expect(throws: JSONError.self) { try JSONObject(Array("{\(many)}".utf8)) }
        #expect(error?.reason == "an object has more than 4096 members")
        // Inside of a value that nobody looks into it is no matter.
        #expect(try JSONObject(Array("{\"a\":{\(many)}}".utf8)).isList("a") == false)
        let list = String(repeating: "0,", count: 4_096)
        let object = try JSONObject(
            Array("{\"most\":[\(list.dropLast())],\"more\":[\(list)0]}".utf8)
        )
        #expect(object.elements("most")?.count == 4_096)
        #expect(object.elements("more") == nil && object.isList("more"))
    }
}
