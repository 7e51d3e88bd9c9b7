import BerthChannels
import Testing

/// Markdown as models write it, and the messages that Telegram gets.
@Suite struct TelegramTextTests {
    /// Checks that the Markdown becomes one message, with entities shown as tags.
    private func check(_ markdown: String, _ expected: String) throws {
        let parts = TelegramText.parts(of: markdown)
        #expect(parts.map(\.tagged).joined(separator: "⁂") == expected)
        for part in parts { #expect(try TelegramChecker.fault(of: part) == nil) }
    }

    @Test(arguments: [
        ("plain words", "plain words"),
        ("**bold**", "<b>bold</b>"), ("__bold__", "<b>bold</b>"),
        ("*italic* and _this_", "<i>italic</i> and <i>this</i>"),
        ("***both***", "<b><i>both</i></b>"), ("~~gone~~", "<s>gone</s>"), ("~no~", "~no~"),
        ("**a *b* c**", "<b>a <i>b</i> c</b>"), ("*a **b** c*", "<i>a <b>b</b> c</i>"),
        ("**a *b***", "<b>a <i>b</i></b>"), ("snake_case_name", "snake_case_name"),
        ("2 * 3 * 4", "2 * 3 * 4"), ("a*b*c", "a<i>b</i>c"), ("**open", "**open"),
        ("** no **", "** no **"), ("*a **b* c**", "<i>a b c</i>"),
        ("**你好：**世界", "<b>你好：</b>世界"), ("这是**重点**。", "这是<b>重点</b>。"),
        ("**\"quoted\"**text", "<b>\"quoted\"</b>text"), ("😀 **b**", "😀 <b>b</b>"),
        ("**b** 😀 *i*", "<b>b</b> 😀 <i>i</i>"), ("****", "──────────"), ("_a_b_", "<i>a_b</i>"),
        ("**bold `code` bold**", "<b>bold</b> <c>code</c> <b>bold</b>"),
        ("_**a**_**b**", "<b><i>a</i>b</b>"), ("**a _b_**_c_", "<b>a <i>b</i></b><i>c</i>"),
        ("**~~*x*~~**", "<b><i><s>x</s></i></b>"), ("a **", "a **"), ("a\\*b\\*", "a*b*"),
        ("**two\nlines**", "<b>two\nlines</b>"),
    ])
    func `emphasis becomes entities`(markdown: String, expected: String) throws {
        try check(markdown, expected)
    }

    @Test(arguments: [
        ("`code`", "<c>code</c>"), ("`` a`b ``", "<c>a`b</c>"), ("`**x**`", "<c>**x**</c>"),
        ("`open", "`open"), ("a `` b", "a `` b"), ("```py\nx = 1\n```", "<pre py>x = 1</pre>"),
        ("```\n  a\n b\n```", "…\n<pre>  a\n b</pre>"), ("~~~\na\n~~~", "<pre>a</pre>"),
        ("```js\n**x** `y`\n```", "<pre js>**x** `y`</pre>"),
        ("```c++\nx\n```", "<pre c++>x</pre>"),
        ("````md\n```\nx\n```\n````", "<pre md>```\nx\n```</pre>"), ("```py\nx", "<pre py>x</pre>"),
        ("a\n```\nb\n```\nc", "a\n<pre>b</pre>\nc"), ("```\na\n\n\nb\n```", "<pre>a\n\n\nb</pre>"),
        ("```\n```", ""), ("```\n\n\n```\nx", "x"),
        ("x\n\n    code\n      more", "x\n\n<pre>code\n  more</pre>"),
        ("```go\nif x {\n\ty()\n}\n```", "<pre go>if x {\n    y()\n}</pre>"),
        ("```{.python}\nx\n```", "<pre .python>x</pre>"), ("`a` `b`", "<c>a</c> <c>b</c>"),
        ("```a\n1\n```\n```b\n2\n```", "<pre a>1</pre>\n<pre b>2</pre>"),
        ("$x_1 + y_1$", "<c>x_1 + y_1</c>"), ("costs $5 and $10", "costs $5 and $10"),
        ("\\(a*b*c\\)", "<c>a*b*c</c>"), ("$$\nE = mc^2\n$$", "<pre latex>E = mc^2</pre>"),
        ("\\[ a_1 \\]", "<pre latex>a_1</pre>"), ("$$a$$", "<pre latex>a</pre>"),
        ("so $$a$$ is", "so <c>a</c> is"), ("**$a$**", "<c>a</c>"), ("$$\nopen", "$$\nopen"),
    ])
    func `code and formulas keep their source`(markdown: String, expected: String) throws {
        try check(markdown, expected)
    }

    @Test(arguments: [
        ("[t](https://a.b)", "<a https://a.b>t</a>"), ("[](https://a.b)", "https://a.b"),
        ("[**t** x](https://a.b \"title\")", "<a https://a.b><b>t</b> x</a>"),
        ("**[t](https://a.b)**", "<a https://a.b><b>t</b></a>"),
        ("[t](<https://a.b/c>)", "<a https://a.b/c>t</a>"),
        ("[t](https://a.b/c_(d))", "<a https://a.b/c_(d)>t</a>"),
        ("[t](/relative)", "t (/relative)"), ("[t](javascript:x)", "t (javascript:x)"),
        ("[t](https://a.b", "[t](https://a.b"), ("[t] (x)", "[t] (x)"), ("[a][1]", "[a][1]"),
        ("![alt](https://a.b/i.png)", "<a https://a.b/i.png>alt</a>"),
        ("[![alt](https://i.b)](https://a.b)", "<a https://a.b>alt</a>"),
        ("[a [b](https://a.b) c](https://c.d)", "[a <a https://a.b>b</a> c](https://c.d)"),
        ("[`c`](https://a.b)", "<a https://a.b>c</a>"), ("https://a.b/x_y_z", "https://a.b/x_y_z"),
        ("<https://a.b>", "https://a.b"), ("see https://a.b/*x*.", "see https://a.b/*x*."),
        ("[https://a.b](https://a.b)", "https://a.b"), ("<mailto:a@b.c>", "mailto:a@b.c"),
        ("[x](https://user@evil.com)", "x (https://user@evil.com)"),
        ("[x](https://)", "x (https://)"),
        ("*a [b*](https://a.b)", "*a <a https://a.b>b*</a>"), ("a []()", "a"),
        ("<b>html</b> <div>", "<b>html</b> <div>"), ("a<br>b<br/>c", "a\nb\nc"),
        ("a &amp; b &lt;c&gt; &#39;x&#x27; &nope;", "a & b <c> 'x' &nope;"),
    ])
    func `links become entities if they lead somewhere`(markdown: String, expected: String) throws {
        try check(markdown, expected)
    }

    @Test(arguments: [
        ("# Title\ntext", "<b>Title</b>\ntext"), ("## A *b*\n\ntext", "<b>A <i>b</i></b>\n\ntext"),
        ("### C#", "<b>C#</b>"), ("## a ##", "<b>a</b>"), ("#hash", "#hash"),
        ("Title\n===\nx", "<b>Title</b>\nx"),
        ("Sub\n---\nx", "<b>Sub</b>\nx"), ("a\n# B", "a\n\n<b>B</b>"),
        ("a\n\n---\n\nb", "a\n\n──────────\n\nb"), ("***\nb", "──────────\nb"),
        ("- a\n- b", "• a\n• b"), ("* a\n  * b\n    + c\n* d", "• a\n  ◦ b\n    ▪ c\n• d"),
        ("1. a\n2. b", "1. a\n2. b"), ("3) c", "3) c"), ("1. a\n   - b\n2. c", "1. a\n  ◦ b\n2. c"),
        ("1. a\n  - b", "1. a\n  ◦ b"), ("- [ ] a\n- [x] b", "☐ a\n☑ b"),
        ("- a\n\n- b", "• a\n• b"),
        ("- a\n  more\n- b", "• a\n  more\n• b"), ("- a\n\n  para", "• a\n\n  para"),
        ("- a\n\ntext", "• a\n\ntext"), ("Intro:\n- a", "Intro:\n• a"), ("-", "•"),
        ("- a\nlazy", "• a\n  lazy"),
        ("year\n2024. was", "year\n2024. was"), ("- **a**: b", "• <b>a</b>: b"), ("-no", "-no"),
        ("- ```py\n  x\n  ```\n- b", "• <pre py>x</pre>\n• b"),
        ("1. a\n```py\nx\n```\n2. b", "1. a\n<pre py>x</pre>\n2. b"),
        ("> quote", "<q>quote</q>"), ("> a\n> b", "<q>a\nb</q>"), ("> a\nlazy", "<q>a\nlazy</q>"),
        ("> a\n\nb", "<q>a</q>\n\nb"), ("> a\n\n> b", "<q>a</q>\n\n<q>b</q>"),
        ("> a\n>\n> b", "<q>a\n\nb</q>"), ("> > deep", "<q>deep</q>"),
        ("> - a\n> - b", "<q>• a\n• b</q>"),
        ("> **b**\n> ```\n> c\n> ```", "<q><b>b</b>\n<pre>c</pre></q>"), ("- > q", "<q>• q</q>"),
        ("> # T\n> x", "<q><b>T</b>\nx</q>"), ("a\n> q", "a\n<q>q</q>"), ("# ", ""), ("\n\n", ""),
        ("a\r\nb\r\n\r\nc", "a\nb\n\nc"), ("  a  \n  b  ", "a\nb"), ("a\\\nb", "a\nb"),
        ("<think>\nhm *x*\n</think>\n\nanswer", "<fold>hm *x*</fold>\n\nanswer"),
        ("<think>hm</think>yes", "<fold>hm</fold>\n\nyes"), ("<think>hm", "<fold>hm</fold>"),
        ("<thinking>\nhm</think>\n</thinking>\nyes", "<fold>hm</think></fold>\n\nyes"),
        ("[THINK]hm[/THINK]yes", "<fold>hm</fold>\n\nyes"),
        ("<thought>hm</thought>\nyes", "<fold>hm</fold>\n\nyes"),
        ("use <think> tags", "use <think> tags"), ("<think>\n\n</think>\n\nx", "x"),
        ("a\u{0}b\u{202E}c\u{2028}d", "a bc\nd"), ("\u{200B}", ""),
        ("[1]: https://a.b", "[1]: https://a.b"),
    ])
    func `blocks become lines`(markdown: String, expected: String) throws {
        try check(markdown, expected)
    }

    @Test(arguments: [
        ("|a|b|\n|-|-|\n|1|22|", "<pre>a | b\n--+---\n1 | 22</pre>"),
        ("|a|b|\n|-:|:-:|\n|100|abc|", "…\n<pre>  a |  b\n----+----\n100 | abc</pre>"),
        ("|名|b|\n|-|-|\n|a|**x**|", "<pre>名 | b\n---+--\na  | x</pre>"),
        ("text\na|b\n-|-\n1|2\nend", "text\n<pre>a | b\n--+--\n1 | 2</pre>\nend"),
        ("|a|b|\n|-|-|\n|1|2|3|", "<pre>a | b\n--+---+--\n1 | 2 | 3</pre>"),
        ("|a\\|b|c|\n|-|-|", "<pre>a|b | c\n----+--</pre>"), ("a|b", "a|b"),
    ])
    func `a narrow table is aligned`(markdown: String, expected: String) throws {
        try check(markdown, expected)
    }

    @Test func `a wide table becomes a list`() throws {
        let long = String(repeating: "wort ", count: 12)
        let end = long.dropLast()
        try check(
            "|Name|Text|\n|-|-|\n|*A*|\(long)|\n|B|\(long)|",
            "• <b>Name: <i>A</i></b>\n  Text: \(end)\n• <b>Name: B</b>\n  Text: \(end)"
        )
        // Names that would be said again and again are said once.
        let name = String(repeating: "n", count: 2_000)
        let table = "|\(name)|b|\n|-|-|\n" + String(repeating: "|1|2|\n", count: 100)
        let parts = TelegramText.parts(of: table)
        #expect(parts.reduce(0) { $0 + $1.text.utf16.count } < 4_000)
    }

    @Test func `at most a hundred entities are kept, the important ones first`() throws {
        let words = String(repeating: "**w** ", count: 150)
        let parts = TelegramText.parts(of: words + "\n\n```py\nx\n```\n> q")
        #expect(parts.count == 1)
        #expect(parts[0].entities.count == 100)
        #expect(parts[0].entities.suffix(2).map(\.kind) == [.pre, .blockquote])
        #expect(try TelegramChecker.fault(of: parts[0]) == nil)
    }

    @Test func `a message with long addresses fits the outbox with all of them`() throws {
        let links = (0..<40).map { "[l\($0)](https://a.b/\(String(repeating: "x", count: 1_900)))" }
        let parts = TelegramText.parts(of: links.joined(separator: "\n\n"))
        #expect(parts.count > 4)
        #expect(parts.flatMap(\.entities).count == 40)
        for part in parts { #expect(try TelegramChecker.fault(of: part) == nil) }
    }
}
