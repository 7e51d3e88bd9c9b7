import BerthTestKit
import BerthText
import Testing

/// Inputs that make parsers of Markdown slow or deep.
@Suite struct MarkdownTests {
    private static let pieces = [
        "[", "]", "![", "[](", "[a](", "](", "](<", "](a \"", "[a](b", "*", "**", "***", "_", "_ ",
        "*a",
        "**a", "*a**", "a**b", "_a*b", "*a_b~~c", "~~", "~~a", "`", "`` ` ", "`a``", "```\n",
        "```a",
        "$", "$a", "$$", "$$a ", "\\(", "\\(`", "\\[", "\\", "<", "<a", "<br>", "<https://", "&",
        "&amp",
        "http://", "http://{", "http://@", "https://a.b)", "|", "a|b\n", "|-|\n", "a|\n-|\n", "> ",
        "> \n",
        ">", "- ", "- - ", "1. ", "  - a\n", "    ", "\t", "#", "# \n", "=\n", "---\n", "a\n===\n",
        "\n",
        "\r", "<think>", "</think>", "日", "👩‍👩‍👧‍👦", "\u{301}", "é*", "\u{0}",
    ]

    @Test(arguments: pieces)
    func `inline marks take linear time`(piece: String) throws {
        let ratio = try growth(from: 1_000) { size in
            let text = Array(String(repeating: piece, count: size / piece.utf8.count).utf8)
            _ = MarkdownInline.runs(of: text)
            _ = MarkdownInline.runs(of: text, isOpen: true)
        }
        #expect(ratio < 40)
    }

    @Test(arguments: pieces)
    func `blocks take linear time and bounded memory`(piece: String) throws {
        let ratio = try growth(from: 2_000) { size in
            var blocks = MarkdownBlocks()
            blocks.push(String(repeating: piece, count: size / piece.utf8.count))
            blocks.finish()
            for block in blocks.take() {
                #expect(block.text.count <= 2 * MarkdownBlocks.longest)
                #expect(block.containers.count <= MarkdownBlocks.deepest)
            }
        }
        #expect(ratio < 40)
    }

    @Test func `blocks do not depend on the pieces in which a text arrives`() {
        let text =
            "# T\n\n> a\n> - b\n>   c\n\n|x|y|\n|-|-|\n|1|2|\n\n```py\n"
            + String(repeating: "x = 1\n", count: 500) + "```\n"
            + String(repeating: "слово ", count: 3_000)
        var whole = MarkdownBlocks()
        whole.push(text)
        whole.finish()
        let expected = whole.take()
        for size in [1, 7, 1_000] {
            var (blocks, found, rest) = (
                MarkdownBlocks(), [MarkdownBlock](), Array(text.unicodeScalars)[...]
            )
            while !rest.isEmpty {
                blocks.push(String(String.UnicodeScalarView(rest.prefix(size))))
                found += blocks.take()
                rest = rest.dropFirst(size)
            }
            blocks.finish()
            #expect(found + blocks.take() == expected)
        }
    }

    private static let open: [(String, String, MarkdownStyle)] = [
        ("a **b", "a b", .bold), ("a *b", "a b", .italic), ("a `b c", "a b c", .code),
        ("a ~~b", "a b", .struck), ("***b", "b", [.bold, .italic]),
    ]

    @Test(arguments: open)
    func `open marks hold up to the end of a growing text`(
        markdown: String,
        text: String,
        style: MarkdownStyle
    ) {
        let runs = MarkdownInline.runs(of: Array(markdown.utf8), isOpen: true)
        #expect(runs.map(\.text).joined() == text)
        #expect(runs.last?.style == style)
        #expect(MarkdownInline.runs(of: Array(markdown.utf8)).map(\.text) == [markdown])
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), ("日本", 4), ("é", 1), ("e\u{301}", 1), ("😀", 2),
        ("👩‍👩‍👧‍👦", 2), ("❤️", 2),
        ("❤", 1), ("カ", 2), ("ｶ", 1), ("한", 2), ("\u{200B}", 0), ("Ж", 1), ("（", 2), ("→", 1),
    ])
    func `a text takes the columns of its characters`(text: String, columns: Int) {
        #expect(DisplayWidth.of(text) == columns)
    }
}
