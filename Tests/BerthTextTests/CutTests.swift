import BerthText
import Testing

@Suite struct CutTests {
    @Test(arguments: [
        ("hello", 5, "hello"), ("hello", 4, "hell"), ("hello", 0, ""), ("", 3, ""),
        ("hello", -1, ""),
        ("aé", 2, "a"), ("aé", 3, "aé"), ("€", 2, ""), ("x😀y", 4, "x"), ("x😀y", 5, "x😀"),
        ("e\u{301}\u{301}", 3, "e\u{301}"), ("👩‍👧", 7, "👩‍"), ("\r\n", 1, "\r"),
    ])
    func `a text is cut by bytes between two scalars`(text: String, most: Int, cut: String) {
        #expect(text.cut(toBytes: most).unicodeScalars.elementsEqual(cut.unicodeScalars))
        let part = ("<" + text + ">").dropFirst().dropLast()
        if text != "\r\n" { #expect(part.cut(toBytes: most).utf8.elementsEqual(cut.utf8)) }
    }

    @Test func `one character of any number of scalars is cut too`() {
        let text = "a" + String(repeating: "\u{301}", count: 1_900_000)
        #expect(text.cut(toBytes: 100).utf8.count == 99)
        #expect(text.shortened().utf8.count <= 103)
        #expect("short".shortened() == "short")
        #expect("longer".shortened(toBytes: 4) == "long…")
    }

    @Test(arguments: [
        ("", "", true), ("a", "a", true), ("a", "b", false), ("a", "ab", false),
        ("é", "é", true), ("é", "e\u{301}", false),
    ])
    func `texts are compared by bytes`(one: String, other: String, isSame: Bool) {
        #expect(one.hasBytes(of: other) == isSame && one[...].hasBytes(of: other) == isSame)
        #expect(String?(one).hasBytes(of: other) == isSame && !String?.none.hasBytes(of: one))
        #expect(String?.none.hasBytes(of: nil) && !String?(one).hasBytes(of: nil))
    }

    // MARK: Parts of JSON

    private func object(_ text: String) throws -> JSONObject { try JSONObject(Array(text.utf8)) }

    @Test func `a word is read up to its bound`() throws {
        let object = try object(#"{"a":"abc","b":"abcd","n":1}"#)
        #expect(object.word("a", most: 3) == "abc")
        #expect(object.word("b", most: 3) == nil)
        #expect(object.word("n") == nil && object.word("missing") == nil)
    }

    @Test func `a number is read up to its bound`() throws {
        let long = String(repeating: "1", count: 1_000_000)
        let object = try object(#"{"a":1.5e3,"b":\#(long),"c":1e999,"d":"1","e":-2}"#)
        #expect(object.number("a") == 1500 && object.number("e") == -2)
        for name in ["b", "c", "d", "missing"] { #expect(object.number(name) == nil) }
        #expect(object.integer("b") == nil && object.integer("e") == -2)
    }

    @Test func `a member's long name is refused`() {
        let name = String(repeating: "a", count: JSONObject.mostName)
        #expect(throws: JSONError.self) { try object(#"{"\#(name)":1}"#) }
        #expect(throws: Never.self) { try object(#"{"\#(name.dropLast(2))":1}"#) }
        #expect(throws: Never.self) { try object(#"{"a":{"\#(name)":1}}"#) }
    }

    @Test func `members are dropped by name, however they are written`() throws {
        let object = try object(#"{"a":1,"b\u0061r":2,"c":3}"#)
        let text = object.setting(["c": nil, "d": [0x34]], dropping: ["bar", "d"])
        #expect(String(decoding: text, as: UTF8.self) == #"{"a":1,"d":4}"#)
    }

    @Test func `every string is found with the name of its member`() throws {
        let text = #"""
            {"a":"1","b":["2",{"c":"3"},"4"],"d":{"e":[["5"]],"f":7},"g":"x\"y:","h" :[],"i":"6"}
            """#
        let object = try object(text)
        var found: [String] = []
        object.walk(in: 0..<object.bytes.count) { item in
            switch item {
            case .name(let name): found.append(JSONObject.text(name) + ":")
            case .string(let value, let name):
                found.append(JSONObject.text(name) + "=" + JSONObject.text(value))
            }
        }
        #expect(
            found == [
                "a:", "a=1", "b:", "b=2", "c:", "c=3", "b=4", "d:", "e:", "e=5", "f:", "g:",
                "g=x\"y:", "h:", "i:", "i=6",
            ]
        )
    }

    @Test func `long strings are checked in every position of a word`() throws {
        for length in 0..<40 {
            let text = String(repeating: "é", count: length)
            #expect(try object(#"{"a":"\#(text)"}"#).string("a") == text)
            #expect(throws: JSONError.self) { try object("{\"a\":\"\(text)\u{1}\"}") }
            let escaped = try object(#"{"a":"\#(text)\"\\\#(text)"}"#)
            #expect(escaped.string("a") == text + "\"\\" + text)
        }
    }
}
