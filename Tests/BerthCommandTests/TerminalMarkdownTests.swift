import BerthText
import Testing

@testable import berth

/// Answers as a terminal shows them.
@Suite struct TerminalMarkdownTests {
    private static func shown(
        _ text: String,
        columns: Int = 40,
        in variables: [String: String] = [:]
    ) -> String {
        var markdown = TerminalMarkdown(
            columns: columns,
            look: TerminalLook { variables[$0] }
        )
        return markdown.push(text) + markdown.finish()
    }

    @Test(arguments: [
        ("plain **bold** `code`", "plain bold code\n"),
        ("# Title\n\ntext", "Title\n\ntext\n"),
        ("- one\n- two\n  - three\n\n  more", "• one\n• two\n  • three\n\n  more\n"),
        ("1. a\n2. b", "1. a\n2. b\n"), ("- [x] done\n- [ ] open", "• [x] done\n• [ ] open\n"),
        ("> quoted\n> again", "│ quoted\n│ again\n"),
        ("```swift\nlet a  =  1\n\nb\n```", "    let a  =  1\n\n    b\n"),
        ("[text](https://e.example/x)", "text (https://e.example/x)\n"),
        ("a\n\n---\n\nb", "a\n\n────────────────────────────────────────\n\nb\n"),
        ("| a | bc |\n|---|---:|\n| long | 1 |", "a    │ bc\n─────┼───\nlong │  1\n"), ("", ""),
    ])
    func `blocks are lines`(text: String, lines: String) {
        #expect(Self.shown(text) == lines)
    }

    @Test func `lines are broken at words, and words only if they are longer than a line`() {
        let words = Array(repeating: "seven77", count: 20).joined(separator: " ")
        for line in Self.shown(words).split(separator: "\n") {
            #expect(line.count <= 40 && line.hasPrefix("seven77") && line.hasSuffix("seven77"))
        }
        let long = Self.shown(String(repeating: "x", count: 100))
        #expect(long.split(separator: "\n").map(\.count) == [40, 40, 20])
        let listed = Self.shown("- " + words).split(separator: "\n")
        #expect(listed[0].hasPrefix("• seven77") && listed[1].hasPrefix("  seven77"))
    }

    @Test func `a block has the width that the terminal has at its end`() {
        var markdown = TerminalMarkdown(columns: 40, look: TerminalLook { _ in nil })
        let words = Array(repeating: "seven77", count: 8).joined(separator: " ") + "\n\n"
        let wide = markdown.push(words)
        markdown.resize(columns: 20)
        let lines = (wide + markdown.push(words) + markdown.finish()).split(separator: "\n")
        #expect(lines.map(\.count) == [39, 23, 15, 15, 15, 15])
    }

    @Test func `wide characters take two columns and may be broken between any two`() {
        let lines = Self.shown(String(repeating: "语", count: 50)).split(separator: "\n")
        #expect(lines.map(\.count) == [20, 20, 10])
    }

    @Test func `a table that is too wide is a line for each cell`() {
        let text = "| name | what |\n|---|---|\n| a | \(String(repeating: "word ", count: 12)) |"
        let lines = Self.shown(text).split(separator: "\n")
        #expect(lines.first == "name: a" && lines[1].hasPrefix("what: word"))
        #expect(lines.allSatisfy { $0.count <= 40 })
    }

    @Test(
        arguments: [
            (["TERM": "xterm"], "\u{1B}[1mb\u{1B}[0m \u{1B}[36mc\u{1B}[0m\n"), ([:], "b c\n"),
            (["TERM": "dumb"], "b c\n"), (["TERM": "xterm", "NO_COLOR": "1"], "b c\n"),
        ] as [([String: String], String)]
    )
    func `styles are shown by terminals that have them`(
        variables: [String: String],
        lines: String
    ) {
        #expect(Self.shown("**b** `c`", in: variables) == lines)
    }

    @Test(arguments: [
        "a\u{1B}[2Jb", "`\u{1B}]0;title\u{7}`", "```\n\u{9B}31m\u{202E}\n```", "&#155;31m &#x202E;",
        "| \u{1B}[H | b |\n|---|---|\n| \u{8} | &#x9b; |", "[a\u{1B}](https://e.example/\u{1B})",
        "# \u{1B}c", "> \u{1B}c", "<think>\u{1B}c</think>x", "\u{1B}. a\n1\u{1B}) b",
    ])
    func `an answer cannot command the terminal`(text: String) {
        let lines = Self.shown(text, in: ["TERM": "xterm"])
        let rest = lines.replacing(/\u{1B}\[[0-9;]+m/, with: "")
        #expect(rest == HarmlessText.lines(rest, mark: ""))
    }

    @Test func `pieces of any size give the same lines`() {
        let text =
            "# T\n\nSome *words* and `code`.\n\n- a\n- b\n\n```\nx\ny\n```\n\n"
            + "| a | b |\n|-|-|\n| 1 | 2 |\n"
        let whole = Self.shown(text)
        for size in [1, 2, 3, 7] {
            var markdown = TerminalMarkdown(columns: 40, look: TerminalLook { _ in nil })
            var (lines, rest) = ("", text[...])
            while !rest.isEmpty {
                lines += markdown.push(String(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(lines + markdown.finish() == whole)
        }
    }
}
