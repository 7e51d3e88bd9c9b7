import BerthTestKit
import Testing

@testable import BerthChannels

/// The division of an answer into messages and files, and its growth.
@Suite struct TelegramPartsTests {
    private func parts(_ markdown: String, first: Int = 64, rest: Int = 64) throws -> [TelegramPart]
    {
        let parts = TelegramText.parts(
            of: markdown,
            limits: TelegramLimits(first: first, rest: rest)
        )
        for (index, part) in parts.enumerated() {
            #expect(try TelegramChecker.fault(of: part, limit: index == 0 ? first : rest) == nil)
        }
        return parts
    }

    private func words(_ count: Int, _ word: String = "word") -> String {
        [String](repeating: word, count: count).joined(separator: " ")
    }

    @Test func `a message ends at the border of a block`() throws {
        let found = try parts("# Title\n\n\(words(6))\n\n\(words(9))")
        #expect(found.map(\.tagged) == ["<b>Title</b>\n\n\(words(6))", words(9)])
    }

    @Test func `a long paragraph ends at a line, a word, or between two characters`() throws {
        #expect(try parts("\(words(10))\n\(words(10))").map(\.text) == [words(10), words(10)])
        #expect(try parts(words(26)).map(\.text) == [words(13), words(13)])
        let long = String(repeating: "x", count: 100)
        #expect(try parts(long).map(\.text.count) == [64, 36])
        let family = String(repeating: "👩‍👩‍👧‍👦", count: 12)
        #expect(try parts(family).map(\.text.count) == [5, 5, 2])
        let chinese = String(repeating: "今天天气很好。", count: 20)
        #expect(try parts(chinese).dropLast().allSatisfy { $0.text.hasSuffix("。") })
    }

    @Test func `a code block that is divided goes on with its language`() throws {
        let line = "print('hello')\n"
        let found = try parts("Code:\n```python\n\(String(repeating: line, count: 10))```\nend")
        #expect(found.count == 3)
        #expect(found.allSatisfy { $0.entities.map(\.language) == ["python"] })
        #expect(found[1].tagged.hasPrefix("<pre python>print"))
    }

    @Test func `indented code keeps its indentation at the start of a message`() throws {
        let found = try parts(
            "```py\ndef f():\n\(String(repeating: "    return 100\n", count: 9))```"
        )
        #expect(found[1].text.hasPrefix("…\n    return"))
        #expect(found[1].entities.first?.offset == 2)
    }

    @Test func `quotes, emphasis and links go on too`() throws {
        let found = try parts("> **\(words(30))**")
        #expect(found.count > 2)
        #expect(found.allSatisfy { $0.entities.map(\.kind) == [.blockquote, .bold] })
        let links = try parts("[\(words(30))](https://a.b)")
        #expect(links.allSatisfy { $0.entities.map(\.url) == ["https://a.b"] })
    }

    @Test func `a caption is shorter than the messages after it`() throws {
        let found = TelegramText.parts(of: words(2_000), limits: .captioned)
        #expect(found.map { $0.text.utf16.count <= 1_024 } == [true, false, false, true])
        #expect(found[1].text.utf16.count > 4_000)
        // The line is longer than an open block, and no space of it is lost.
        #expect(found.map(\.text).joined(separator: " ") == words(2_000))
        #expect(TelegramText.parts(of: "  \n\n\u{200B}", limits: .captioned).isEmpty)
    }

    @Test func `finished messages are handed out while a block grows`() throws {
        var stream = TelegramStream()
        stream.push("```py\n")
        var finished: [TelegramPart] = []
        for number in 0..<2_000 {
            stream.push("x\(number) = 1\n")
            finished += stream.take()
        }
        #expect(finished.count >= 4)
        #expect(stream.unfinished.allSatisfy { $0.text.utf16.count <= 4_096 })
        let before = finished
        stream.push("```\n\nend **of")
        #expect(stream.unfinished.last?.tagged.hasSuffix("end <b>of</b>") == true)
        stream.finish()
        finished += stream.take()
        #expect(Array(finished.prefix(before.count)) == before)
        #expect(finished.last?.text.hasSuffix("end **of") == true)
    }

    @Test(arguments: [
        ("see [the te", "see [the te"), ("see [text](https://a.", "see text"),
        ("a **b", "a <b>b</b>"),
        ("```py\nx = ", "<pre py>x =</pre>"),
        ("| a | b |\n|-|-|\n| 1", "<pre>a | b\n--+--\n1</pre>"),
        ("> a *b", "<q>a <i>b</i></q>"), ("- a\n-", "• a\n•"), ("a &am", "a &am"), ("", ""),
    ])
    func `an unfinished construct is shown well-formed`(markdown: String, expected: String) throws {
        var stream = TelegramStream()
        stream.push(markdown)
        #expect(stream.unfinished.map(\.tagged).joined() == expected)
    }

    @Test func `the work on a stream grows with its length`() throws {
        let ratio = try growth(from: 2_000) { size in
            var stream = TelegramStream()
            for number in 0..<size / 20 {
                stream.push("w **bold** [l](https")
                stream.push(number % 40 == 0 ? "://a.b)\n\n" : "://a.b) ")
                _ = stream.take()
            }
            stream.finish()
        }
        #expect(ratio < 40)
    }

    @Test(arguments: [
        "|", "a|b\n", "> ", "[a](https://a.b) ", "`a` ", "**a**", "\n- a", "x", "👩‍👩‍👧‍👦", "    ",
    ])
    func `messages of hostile text take linear time`(piece: String) throws {
        let ratio = try growth(from: 2_000) { size in
            for part in TelegramText.parts(
                of: String(repeating: piece, count: size / piece.utf8.count)
            ) {
                #expect(part.text.utf16.count <= 4_096)
            }
        }
        #expect(ratio < 40)
    }

    // MARK: Files

    @Test func `a long code block becomes a file with its extension`() {
        let code = [String](repeating: "let a = 1", count: 500).joined(separator: "\n")
        let found = TelegramFiles(of: "Here:\n```swift\n\(code)\n```\nDone.", mostParts: 3)
        #expect(found.files == [TelegramFiles(of: "```swift\n\(code)\n```", mostParts: 3).files[0]])
        #expect(found.files[0].name == "code.swift")
        #expect(found.files[0].content == code)
        #expect(found.parts.map(\.tagged) == ["Here:\n<c>code.swift</c>\nDone."])
        let two = TelegramFiles(of: "```python\n\(code)\n```\n```C#\n\(code)\n```", mostParts: 3)
        #expect(two.files.map(\.name) == ["code.py", "code-2.cs"])
        let odd = TelegramFiles(of: "```../../x\n\(code)\n```", mostParts: 3)
        #expect(odd.files.map(\.name) == ["code.txt"])
    }

    @Test func `a long answer becomes one file, and a short one none`() {
        let long = words(5_000)
        let found = TelegramFiles(of: long, mostParts: 3)
        #expect(found.files.map(\.name) == ["answer.md"])
        #expect(found.files.first?.content == long)
        #expect(found.parts.isEmpty)
        let short = TelegramFiles(of: "```py\nx\n```", mostParts: 3)
        #expect(short.files.isEmpty)
        #expect(short.parts.map(\.tagged) == ["<pre py>x</pre>"])
    }

    @Test func `a text is formatted in pieces, of which none cuts a character`() {
        let text = String(repeating: "aé译🙂\n", count: 500)
        let pieces = Array(text.formatted)
        #expect(pieces.joined() == text)
        #expect(pieces.allSatisfy { (1...TelegramStream.piece).contains($0.utf8.count) })
        #expect(Array("".formatted).isEmpty)
    }
}
