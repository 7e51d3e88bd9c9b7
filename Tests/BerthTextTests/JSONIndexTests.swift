import BerthLoop
import BerthText
import Testing

/// Objects and lists that are read by the index of their text, or by a scan where it has none.
@Suite(.timeLimit(.minutes(20))) struct JSONIndexTests {
    private func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: Array(bytes), as: UTF8.self)
    }

    /// Everything within an object, read through the object alone.
    private func told(_ object: JSONObject) -> String {
        var parts: [String] = []
        object.each { (name, value) in
            parts.append("\(text(name)):\(told(object, at: value.indices))")
        }
        return "{\(parts.joined(separator: ","))}"
    }

    private func told(_ object: JSONObject, at range: Range<Int>) -> String {
        if let inner = object.object(at: range) { return told(inner) }
        guard let list = object.elements(in: range) else { return text(object.bytes[range]) }
        return "[\(list.map { told(object, at: $0) }.joined(separator: ","))]"
    }

    /// The text of `count` values in some nesting.
    private static func value(_ count: Int, _ random: inout some RandomNumberGenerator) -> String {
        guard count > 1 else {
            return ["1", "\"a\\n\"", "null", "[]", "{}"].randomElement(using: &random) ?? ""
        }
        var (left, parts) = (count - 1, [String]())
        while left > 0 {
            let size = Int.random(in: 1...left, using: &random)
            parts.append(value(size, &random))
            left -= size
        }
        let isList = Bool.random(using: &random)
        let space = Bool.random(using: &random) ? " " : ""
        guard !isList else { return "[\(space)\(parts.joined(separator: ","))\(space)]" }
        let members = parts.enumerated().map { index, part in
            "\(space)\"\(index.isMultiple(of: 3) ? "\\u006b" : "k")\(index)\"\(space):\(part)"
        }
        return "{\(members.joined(separator: ","))}"
    }

    /// An object at the end of a long list is beyond the index, and is scanned.
    private static let before = String(repeating: "0,", count: 600)

    @Test(arguments: UInt64(1)...200)
    func `an indexed text is read as a scanned one`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let inner = Self.value(Int.random(in: 1...60, using: &random), &random)
        let indexed = try JSONObject(Array(#"{"first":{"v":\#(inner)}}"#.utf8))
        let scanned = try JSONObject(Array(#"{"l":[\#(Self.before){"v":\#(inner)}]}"#.utf8))
        let last = try #require(scanned.elements("l")?.last)
        let known = try #require(indexed.object("first"))
        let read = try #require(scanned.object(at: last))
        #expect(text(known.text) == text(read.text))
        #expect(told(known) == told(read))
    }

    @Test(arguments: [511, 512, 513, 5000])
    func `a text with more values than the index holds is read whole`(count: Int) throws {
        let list = (0..<count).map { #"{"n":\#($0)}"# }.joined(separator: ",")
        let object = try JSONObject(Array(#"{"a":[\#(list)],"z":{"y":[7]}}"#.utf8))
        let elements = object.elements("a")
        #expect(elements?.count == (count <= JSONObject.mostMembers ? count : nil))
        for (index, range) in (elements ?? []).enumerated() {
            #expect(object.object(at: range)?.integer("n") == index)
        }
        let last = try #require(object.object("z"))
        #expect(last.elements("y")?.map { text(last.bytes[$0]) } == ["7"])
    }

    @Test(arguments: [(510, false), (600, true), (1600, true)])
    func `a short text with very many values is large work`(count: Int, isLarge: Bool) throws {
        for value in ["{}", "[]", "0", "\"\""] {
            let list = Array(repeating: value, count: count).joined(separator: ",")
            let object = try JSONObject(Array(#"{"a":{"b":[\#(list)]}}"#.utf8))
            let within = try #require(object.object("a"))
            #expect(object.bytes.count < LargeWork.limit)
            #expect(LargeWork.isLarge(object.work) == isLarge)
            #expect(within.work == object.work && object.isIndexed == !isLarge)
        }
        #expect(try JSONObject(Array(#"{"a":1}"#.utf8)).work == 7)
    }

    @Test func `a name that stands twice within is told by both ways`() throws {
        for before in ["", Self.before] {
            let bytes = Array(#"{"l":[\#(before){"a":1,"\u0061":2}]}"#.utf8)
            let strict = try JSONObject(bytes)
            #expect(strict.object(at: try #require(strict.elements("l")?.last)) == nil)
            let lenient = try JSONObject(answer: bytes)
            let inner = lenient.object(at: try #require(lenient.elements("l")?.last))
            #expect(inner?.integer("a") == 2 && inner?.count == 1)
        }
    }
}
