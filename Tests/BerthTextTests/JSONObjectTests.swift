import BerthText
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(20))) struct JSONObjectTests {
    private func object(_ text: String) throws -> JSONObject { try JSONObject(Array(text.utf8)) }

    private func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }

    // MARK: Reading

    @Test func `members are read by their kind`() throws {
        let object = try object(
            #" { "s" : "x" , "i" : -7 , "t":true,"f":false,"n":null,"o":{"k":1},"l":[1, {"k":2},"z"] } "#
        )
        #expect(object.string("s") == "x")
        #expect(object.integer("i") == -7)
        #expect(object.boolean("t") == true)
        #expect(object.boolean("f") == false)
        #expect(object.object("o")?.integer("k") == 1)
        let elements = object.elements("l") ?? []
        #expect(elements.map { text(object.bytes[$0]) } == ["1", #"{"k":2}"#, #""z""#])
        #expect(object.object(at: elements[1])?.integer("k") == 2)
        #expect(object.object(at: elements[0]) == nil)
        #expect(!object.isEmpty)
    }

    @Test func `members come in the order of their names, without the ignored ones`() throws {
        let object = try object(#"{"b":1,"a":{"x":2},"\u0063":3,"d":4,"ab":5}"#)
        let sorted = object.sorted(without: ["d", "missing"])
        #expect(sorted.map { text($0.name) } == ["a", "ab", "b", "c"])
        #expect(sorted.map { text($0.value) } == [#"{"x":2}"#, "5", "1", "3"])
        #expect(object.count == 5)
    }

    @Test(arguments: ["s", "i", "t", "n", "o", "l", "missing"])
    func `a member of another kind is not there`(name: String) throws {
        let object = try object(#"{"s":"1","i":1,"t":true,"n":null,"o":{},"l":[]}"#)
        #expect((object.string(name) != nil) == (name == "s"))
        #expect((object.integer(name) != nil) == (name == "i"))
        #expect((object.boolean(name) != nil) == (name == "t"))
        #expect((object.object(name) != nil) == (name == "o"))
        #expect((object.elements(name) != nil) == (name == "l"))
        #expect(object.has(name) == !["n", "missing"].contains(name))
    }

    @Test(arguments: [
        ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("-0", 0),
        ("9223372036854775808", nil), ("1.0", nil), ("1e3", nil), ("\"1\"", nil),
        ("123456789012345678901234567890", nil),
    ])
    func `an integer is whole and has 63 bits, or is none`(number: String, value: Int?) throws {
        #expect(try object(#"{"n":\#(number)}"#).integer("n") == value)
    }

    @Test(arguments: [
        (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\uD83D\uDE00""#, "😀"), (#""x\ud83d\ude00y""#, "x😀y"),
        (#""\ud83d""#, "\u{FFFD}"), (#""\ude00\ud83d!""#, "\u{FFFD}\u{FFFD}!"),
        (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83dé""#, "\u{FFFD}é"), (#""\u0000""#, "\0"),
        (#""é\\u0041😀\\""#, "é\\u0041😀\\"),
    ])
    func `escapes are undone`(quoted: String, expected: String) throws {
        let read = try object(#"{"a":\#(quoted)}"#).string("a")
        #expect(
            read?.unicodeScalars.elementsEqual(expected.unicodeScalars) == true,
            "\(read ?? "-")"
        )
    }

    // MARK: Names

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"model":1,"mod\u0065l":2}"#, #"{"":1,"":2}"#,
        #"{"é":1,"\u00e9":2}"#, #"{"😀":1,"\ud83d\ude00":2}"#, #"{"\ud800":1,"\ud801":2}"#,
    ])
    func `a name that stands twice is refused, however it is written`(text: String) {
        #expect(throws: JSONError.self) { try object(text) }
    }

    @Test func `among many names too, the same one is refused and others are not`() throws {
        let members = (0..<40).map { #""n\#($0)":\#($0)"# }
        let many = try object("{" + members.joined(separator: ",") + "}")
        #expect(many.integer("n39") == 39)
        for again in [0, 15, 16, 17, 39] {
            let text = "{" + (members + [members[again]]).joined(separator: ",") + "}"
            #expect(throws: JSONError.self) { try object(text) }
        }
    }

    @Test func `names that only look alike are two`() throws {
        let object = try object(
            "{\"\u{E9}\":1,\"e\u{301}\":2,\"K\":3,\"\u{212A}\":4,\"a\":5,\"A\":6}"
        )
        #expect(object.integer("\u{E9}") == 1)
        #expect(object.integer("e\u{301}") == 2)
        #expect(object.integer("K") == 3)
        #expect(object.integer("\u{212A}") == 4)
        #expect(object.integer("A") == 6)
    }

    @Test func `a name that stands twice further in makes that object unreadable`() throws {
        let object = try object(#"{"o":{"a":1,"a":2},"l":[{"a":1,"a":2}]}"#)
        #expect(object.object("o") == nil)
        #expect(object.elements("l").flatMap { object.object(at: $0[0]) } == nil)
    }

    @Test func `an error never repeats a name of any length`() {
        let name = String(repeating: "n", count: 100_000)
        let error = #expect(throws: JSONError.self) { try object(#"{"\#(name)":1,"\#(name)":2}"#) }
        #expect(error?.description.utf8.count ?? .max < 200)
    }

    // MARK: Setting

    @Test func `what is not set stays as it came, to the byte`() throws {
        let object = try object(
            #"{ "big" : 123456789012345678901234567890.10 , "x":[ 1 , {"y" : 2} ], "mod\u0065l":"a" }"#
        )
        let changed = object.setting(["model": JSON.quote("b")])
        #expect(
            text(changed)
                == #"{"big":123456789012345678901234567890.10,"x":[ 1 , {"y" : 2} ],"mod\u0065l":"b"}"#
        )
    }

    @Test func `members are replaced, removed and added`() throws {
        let object = try object(#"{"a":1,"b":2,"c":3}"#)
        let changed = object.setting([
            "b": nil, "d": Array("4".utf8), "a": Array("[]".utf8), "e": nil,
        ])
        #expect(text(changed) == #"{"a":[],"c":3,"d":4}"#)
        #expect(text(object.setting(["a": nil, "b": nil, "c": nil])) == "{}")
        #expect(text(object.setting([:])) == #"{"a":1,"b":2,"c":3}"#)
    }

    @Test func `a name that must be escaped can be added`() throws {
        let name = "a\"b\\\n\u{1}é"
        let changed = try JSONObject(object("{}").setting([name: Array("1".utf8)]))
        #expect(changed.integer(name) == 1)
        #expect(changed.bytes == Array(#"{"a\"b\\\n\u0001é":1}"#.utf8))
    }

    @Test func `an object inside of another is changed alone`() throws {
        let object = try object(#"{"o": {"a":1, "b":2}, "z":0}"#)
        #expect(object.object("o").map { text($0.setting(["a": nil])) } == #"{"b":2}"#)
    }

    @Test func `an empty object is empty`() throws {
        #expect(try object(" { } ").isEmpty)
        #expect(try text(object("{}").setting(["a": Array("1".utf8)])) == #"{"a":1}"#)
    }

    // MARK: Quoting

    @Test func `every character survives quoting`() throws {
        let scalars =
            (0...0x2FF).compactMap(UnicodeScalar.init) + [
                "\u{2028}", "\u{FFFD}", "😀", "\u{10FFFF}",
            ]
        for scalar in scalars {
            let quoted = JSON.quote("<\(scalar)>")
            let decoded = try JSON.decode(String.self, from: quoted)
            #expect(decoded.unicodeScalars.elementsEqual("<\(scalar)>".unicodeScalars))
            #expect(JSONObject.text(quoted[...]) == decoded)
            #expect(!quoted.contains { $0 < 0x20 })
        }
    }

    @Test func `the same value is always the same bytes`() throws {
        let value = ["b": "x/y", "a": "é", "c": "\n"]
        #expect(try text(JSON.encode(value)) == #"{"a":"é","b":"x/y","c":"\n"}"#)
        #expect(throws: EncodingError.self) { try JSON.encode([Double.nan]) }
    }
}
