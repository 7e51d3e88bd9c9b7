/// Writes random Markdown, the same for each seed (SplitMix64).
///
/// All words that a reader must see are Cyrillic, Chinese or emoji. Addresses, languages and names
/// of columns are Latin.
struct MarkdownWriter: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    /// The characters of a text that a reader must see.
    static func seen(_ text: some Sequence<Unicode.Scalar>) -> [UInt32] {
        text.map(\.value).filter {
            (0x400...0x4FF).contains($0) || (0x4E00...0x9FFF).contains($0) || $0 >= 0x1F300
        }
    }

    // MARK: Documents

    /// A text of some blocks.
    mutating func document(blocks: Int) -> String {
        var text = number(0...9) == 0 ? "<think>\n\(words())\n\(words())\n</think>\n" : ""
        for _ in 0..<blocks {
            text +=
                block(depth: 0).joined(separator: "\n") + pick(["\n", "\n\n", "\n\n", "\n\n\n"])
        }
        return text
    }

    /// The text with marks put in at random places, and pieces that repeat.
    mutating func mutated(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)
        let marks = [
            "*", "**", "_", "`", "```", "~~", "[", "](", ")", "](https://a.b)", "|", "\n", "\n\n",
            "> ",
            "- ", "    ", "\t", "$", "$$", "\\", "<", ">", "<br>", "&amp;", "#", "# ", "1. ", "\r",
            "!",
            "\u{301}", "👨‍👩‍👧", "\u{0}", "\u{202E}", "---\n", "|-|\n", "</think>", "\u{A0}", "…",
        ]
        for _ in 0..<number(1...8) {
            let place = number(0...scalars.count)
            let mark = Array(pick(marks).unicodeScalars)
            let count = number(0...9) == 0 ? number(1...40) : 1
            scalars.insert(
                contentsOf: [[Unicode.Scalar]](repeating: mark, count: count).joined(),
                at: place
            )
        }
        return String(String.UnicodeScalarView(scalars))
    }

    private mutating func block(depth: Int) -> [String] {
        switch number(0...(depth > 2 ? 5 : 11)) {
        case 0, 1, 2: return (0..<number(1...4)).map { _ in line() }
        case 3: return [pick(["# ", "## ", "#### "]) + line()]
        case 4: return code()
        case 5: return depth > 0 ? [line()] : [pick(["---", "$$\n\(word())\n$$", "***"])]
        case 6, 7: return list(depth: depth)
        case 8: return block(depth: depth + 1).map { "> " + $0 }
        case 9: return table()
        case 10: return [words(number(50...400))]
        default: return [line(), "==="]
        }
    }

    private mutating func code() -> [String] {
        let mark = pick(["```", "```", "~~~", "````"])
        let lines = (0..<pick([1, 3, 10, 60])).map { _ in
            pick(["", "  ", "    ", "\t"]) + word() + " = " + words()
        }
        return [mark + pick(["", "py", "js"])] + lines + [mark]
    }

    private mutating func list(depth: Int) -> [String] {
        let isOrdered = number(0...1) == 0
        return (1...number(1...5)).flatMap { index in
            let mark = isOrdered ? "\(index). " : "- "
            let inner = number(0...3) == 0 ? block(depth: depth + 1) : []
            return [mark + line()]
                + inner.map { String(repeating: " ", count: mark.utf8.count) + $0 }
        }
    }

    private mutating func table() -> [String] {
        let columns = number(1...5)
        let row = { (cells: [String]) in "| " + cells.joined(separator: " | ") + " |" }
        let head = [row((0..<columns).map { "col\($0)" }), row((0..<columns).map { _ in "---" })]
        return head
            + (0..<number(0...6)).map { _ in row((0..<columns).map { _ in pick([word(), line()]) })
            }
    }

    private mutating func line() -> String {
        (0..<number(1...6)).map { _ in span() }.joined(separator: " ")
    }

    private mutating func span() -> String {
        switch number(0...12) {
        case 0: "**\(words())**"
        case 1: "*\(words())*"
        case 2: "`\(word())`"
        case 3: "[\(words())](https://a.b/\(number(0...9)))"
        case 4: "~~\(word())~~"
        case 5: "**\(word()) *\(word())* `\(word())`**"
        case 6: "![\(word())](https://a.b/i.png)"
        case 7: "***\(word())*** &amp; \\* <br> https://a.b/x_y"
        case 8: "$\(word())$"
        default: words()
        }
    }

    private mutating func words(_ most: Int = 8) -> String {
        (0..<number(1...most)).map { _ in word() }.joined(separator: " ")
    }

    private mutating func word() -> String {
        pick(["слово", "да", "мы", "Ещё", "我们", "今天天气很好", "😀", "👩‍👩‍👧‍👦", "й", "Ж"])
    }
}
