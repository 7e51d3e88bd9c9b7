import BerthText

/// An answer's Markdown as lines for a terminal, wrapped at words.
///
/// A block is shown when it is complete, so that no line that was shown changes.
struct TerminalMarkdown {
    private var blocks = MarkdownBlocks()
    private var width = 0
    private let look: TerminalLook
    /// The containers whose mark was shown.
    private var shown: Set<Int> = []

    /// The narrowest and the widest text, in columns.
    static let widths = 20...100

    /// Begins an answer.
    ///
    /// - Parameters:
    ///   - columns: the columns of the terminal, or nil if they are unknown.
    ///   - look: the escapes of its styles.
    init(columns: Int?, look: TerminalLook) {
        self.look = look
        resize(columns: columns)
    }

    /// Wraps the blocks that follow at the width of a terminal of `columns`, or nil if unknown.
    mutating func resize(columns: Int?) {
        width = min(max(columns ?? 80, Self.widths.lowerBound), Self.widths.upperBound)
    }

    /// Adds text, and returns the lines of the blocks that are complete now.
    mutating func push(_ more: String) -> String {
        blocks.push(more)
        return lines(of: blocks.take())
    }

    /// Ends the answer, and returns the lines of the last blocks.
    mutating func finish() -> String {
        blocks.finish()
        return lines(of: blocks.take())
    }

    private mutating func lines(of blocks: [MarkdownBlock]) -> String {
        var out = ""
        for block in blocks {
            let (first, rest) = margins(of: block)
            if block.join == .apart { out += Self.trimmed(quotes(of: block)) + "\n" }
            let room = max(Self.widths.lowerBound / 2, width - DisplayWidth.of(rest))
            for (index, line) in body(of: block, room: room).enumerated() {
                out += Self.trimmed((index == 0 ? first : rest) + line) + "\n"
            }
        }
        return out
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }

    // MARK: Margins

    /// The margin of a block's first line, and that of its other lines.
    private mutating func margins(of block: MarkdownBlock) -> (first: String, rest: String) {
        var (first, rest) = ("", "")
        for container in block.containers {
            switch container.kind {
            case .quote:
                first += "│ "
                rest += "│ "
            case .item(let marker, let isDone):
                let isBullet = ["-", "*", "+"].contains(marker)
                var mark = (isBullet ? "•" : HarmlessText.line(marker)) + " "
                if let isDone { mark += isDone ? "[x] " : "[ ] " }
                let space = String(repeating: " ", count: DisplayWidth.of(mark))
                first += shown.insert(container.id).inserted ? mark : space
                rest += space
            }
        }
        return (first, rest)
    }

    /// The quotes around a block, for the blank line before it.
    private func quotes(of block: MarkdownBlock) -> String {
        block.containers.prefix { $0.isQuote }.map { _ in "│ " }.joined()
    }

    // MARK: Blocks

    private func body(of block: MarkdownBlock, room: Int) -> [String] {
        switch block.kind {
        case .paragraph: return wrapped(MarkdownInline.runs(of: block.text), room)
        case .heading:
            return wrapped(MarkdownInline.runs(of: block.text).map { $0.adding(.bold) }, room)
        case .code:
            return text(block).split(separator: "\n", omittingEmptySubsequences: false).map {
                "    " + look.styled(String($0), as: .code)
            }
        case .formula, .thought:
            return wrapped([MarkdownRun(text: text(block), style: .italic)], room)
        case .rule: return [String(repeating: "─", count: min(room, 40))]
        case .table(let table): return rows(of: table, room)
        }
    }

    private func text(_ block: MarkdownBlock) -> String {
        Self.clean(String(decoding: block.text, as: UTF8.self))
    }

    /// The text without characters that a terminal interprets, with spaces for tabs.
    private static func clean(_ text: String) -> String {
        HarmlessText.lines(text, mark: "").replacing("\t", with: "    ")
    }

    private func wrapped(_ runs: [MarkdownRun], _ room: Int) -> [String] {
        var lines = TerminalLines(room: room, look: look)
        for run in runs {
            lines.add(Self.clean(run.text), as: run.style)
            guard let link = run.link.map(Self.clean), link != run.text else { continue }
            lines.add(" (\(link))", as: [])
        }
        return lines.finished()
    }

    // MARK: Tables

    /// The rows with aligned columns, or a line for each cell if they are too wide.
    private func rows(of table: MarkdownTable, _ room: Int) -> [String] {
        let rows = ([table.header] + table.rows).filter { !$0.isEmpty }
            .map { $0.map { cell($0) } }
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { $0.indices.contains(column) ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
        }
        let names = table.header.map { cell($0) }
        guard widths.reduce(0, +) + 3 * max(0, columns - 1) <= room else {
            return rows.dropFirst(names.isEmpty ? 0 : 1).flatMap { row in
                row.enumerated().flatMap { index, cell in
                    let name = names.indices.contains(index) ? names[index] + ": " : ""
                    return wrapped([MarkdownRun(text: name + cell)], room)
                } + [""]
            }
        }
        return rows.enumerated().flatMap { index, row in
            let cells = widths.indices.map { column in
                let text = row.indices.contains(column) ? row[column] : ""
                let space = String(repeating: " ", count: widths[column] - DisplayWidth.of(text))
                let isEnd =
                    table.alignments.indices.contains(column) && table.alignments[column] == .end
                return isEnd ? space + text : text + space
            }
            let line = cells.joined(separator: " │ ")
            guard index == 0, !names.isEmpty else { return [line] }
            let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "─┼─")
            return [look.styled(line, as: .bold), rule]
        }
    }

    /// The text of a cell without its marks.
    private func cell(_ text: [UInt8]) -> String {
        HarmlessText.line(
            Self.clean(MarkdownInline.runs(of: text).map(\.text).joined())
                .replacing("\n", with: " ")
        )
    }
}

/// Styled text in lines of bounded width, broken at words.
private struct TerminalLines {
    private let room: Int
    private let look: TerminalLook
    private var lines: [String] = []
    private var line = ""
    private var columns = 0
    /// The word that is not in a line yet, in pieces of one style.
    private var word: [(text: String, style: MarkdownStyle)] = []
    private var wordColumns = 0
    private var spaces = 0

    init(room: Int, look: TerminalLook) { (self.room, self.look) = (room, look) }

    mutating func add(_ text: String, as style: MarkdownStyle) {
        for character in text {
            switch character {
            case "\n":
                endWord()
                endLine()
            case " ":
                endWord()
                spaces += 1
            default:
                let width = DisplayWidth.of(character)
                // A line may be broken between wide characters, which have no spaces.
                if width == 2 || wordColumns + width > room { endWord() }
                if word.last?.style == style {
                    word[word.count - 1].text.append(character)
                } else {
                    word.append((String(character), style))
                }
                wordColumns += width
                if width == 2 { endWord() }
            }
        }
    }

    mutating func finished() -> [String] {
        endWord()
        if !line.isEmpty || lines.isEmpty { endLine() }
        return lines
    }

    private mutating func endWord() {
        guard !word.isEmpty else { return }
        if columns > 0, columns + spaces + wordColumns > room {
            endLine()
        } else if columns > 0 || lines.isEmpty {
            line += String(repeating: " ", count: spaces)
            columns += spaces
        }
        for (text, style) in word { line += look.styled(text, as: style) }
        columns += wordColumns
        (word, wordColumns, spaces) = ([], 0, 0)
    }

    private mutating func endLine() {
        lines.append(line)
        (line, columns, spaces) = ("", 0, 0)
    }
}
