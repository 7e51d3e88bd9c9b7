/// Divides a growing Markdown text into blocks, in linear time and with bounded memory.
///
/// It reads CommonMark as models write it: paragraphs, headings, fenced and indented code, lists,
/// quotes, tables, rules, formulas, and reasoning between `<think>` and `</think>`, or the tags of
/// other models, at the start. HTML and definitions of links stay text. Blocks depend on the text
/// alone, and not on the pieces in which it arrives. A copy that is finished has the blocks that the
/// text would have if it ended now.
package struct MarkdownBlocks: Sendable {
    /// The longest open block or line, in bytes.
    ///
    /// A longer one is divided into pieces.
    package static let longest = 8_192
    /// The length from which the lines of a code block are handed out, in bytes.
    package static let longestCode = 1_024
    /// The deepest nesting of quotes and lists.
    ///
    /// Deeper marks are text.
    package static let deepest = 8
    /// The most lines of a formula that stands alone.
    package static let mostFormulaLines = 60

    /// The kind of the open block, whose text is in ``text``.
    enum Leaf: Equatable {
        case none
        case paragraph
        case fence(MarkdownLine.Fence)
        case indented
        case formula(closer: String)
        case table
    }

    /// The tags around a model's reasoning.
    private static let tags: [(open: String, close: String)] = [
        ("<think>", "</think>"), ("<thinking>", "</thinking>"),
        ("<thought>", "</thought>"), ("[THINK]", "[/THINK]"),
    ]

    /// The part of the text that is read: before the first words, in a thought, or after it.
    private enum Phase { case start, thought, answer }

    var leaf = Leaf.none
    var text: [UInt8] = []
    var table = MarkdownTable(header: [], alignments: [], rows: [])
    var containers: [MarkdownContainer] = []
    var join = MarkdownBlock.Join.near
    /// The number of lines in ``text``, or in the rows of ``table``.
    var lines = 0
    /// The bytes of the rows of ``table``.
    var tableSize = 0
    /// Whether the last line of the open block was cut, so that the next bytes continue it.
    private var isCut = false
    private var isFirst = true
    private var phase = Phase.start
    /// The tag that ends the thought.
    private var thoughtEnd = ""
    private var line: [UInt8] = []
    private var blocks: [MarkdownBlock] = []
    var lastID = 0

    /// Begins with an empty text.
    package init() {}

    /// Adds text at the end.
    package mutating func push(_ more: String) {
        for byte in more.utf8 {
            if byte == 0x0A {
                endLine()
            } else {
                line.append(byte)
                if line.count == Self.longest { cutLine() }
            }
        }
    }

    /// The blocks that were completed since the last call.
    ///
    /// They do not change any more.
    package mutating func take() -> [MarkdownBlock] {
        defer { blocks = [] }
        return blocks
    }

    /// Ends the text, so that all of its blocks are complete.
    package mutating func finish() {
        if !line.isEmpty { endLine() }
        closeLeaf()
    }

    // MARK: Lines

    private mutating func endLine() {
        if line.last == 0x0D { line.removeLast() }
        let whole = line
        line = []
        read(whole)
        isCut = false
    }

    /// Reads the beginning of a line that is too long.
    ///
    /// The rest continues its block as text.
    private mutating func cutLine() {
        let floor = line.count - line.count / 8
        var end = line[floor...].lastIndex(of: MarkdownLine.space) ?? line.count
        if end == line.count, let start = line.lastIndex(where: { $0 & 0xC0 != 0x80 }) {
            // The last scalar may be incomplete.
            if line[start] >= 0xC0 { end = start }
        }
        let (head, tail) = (Array(line[..<end]), Array(line[end...]))
        line = tail
        read(head)
        if phase != .thought { cutLeaf() }
        isCut = true
    }

    private mutating func read(_ bytes: [UInt8]) {
        if isCut {
            continueLine(bytes)
            return
        }
        switch phase {
        case .answer: readAnswer(MarkdownLine(bytes))
        case .thought: readThought(bytes[...])
        case .start:
            let words = MarkdownLine(bytes).trimmed
            guard !words.isEmpty else { return }
            if let tag = Self.tags.first(where: { words.starts(with: $0.open.utf8) }) {
                (phase, thoughtEnd) = (.thought, tag.close)
                readThought(words.dropFirst(tag.open.utf8.count))
            } else {
                phase = .answer
                readAnswer(MarkdownLine(bytes))
            }
        }
    }

    /// Adds the rest of a line whose beginning was read.
    private mutating func continueLine(_ bytes: [UInt8]) {
        guard phase != .thought else { return readThought(bytes[...]) }
        if leaf == .none { leaf = .paragraph }
        text += bytes
        lines = max(1, lines)
        cutLeafIfLong()
    }

    private mutating func readThought(_ bytes: ArraySlice<UInt8>) {
        let end = Array(bytes).offset(of: thoughtEnd)
        let words = MarkdownLine.trim(end.map { bytes.prefix($0) } ?? bytes)
        if !text.isEmpty, !isCut, end == nil || !words.isEmpty { text.append(0x0A) }
        text += words
        if text.count >= Self.longestCode || end != nil, !text.isEmpty {
            emit(.thought, text)
            join = end == nil ? .line : .apart
            text = []
        }
        guard let end else { return }
        phase = .answer
        isCut = false
        readAnswer(MarkdownLine(Array(bytes.dropFirst(end + thoughtEnd.utf8.count))))
    }

    // MARK: Blocks

    /// Completes a block with the present containers.
    mutating func emit(_ kind: MarkdownBlock.Kind, _ text: [UInt8]) {
        blocks.append(
            MarkdownBlock(
                kind: kind,
                text: text,
                containers: containers,
                join: isFirst ? .near : join
            )
        )
        isFirst = false
        join = .near
    }

    /// Completes the open block.
    mutating func closeLeaf() {
        if phase == .thought {
            if !text.isEmpty { emit(.thought, text) }
            text = []
            return
        }
        if lines > 0 { emitLeaf() }
        if leaf != .none, join == .line || join == .inline { join = .near }
        (leaf, text, lines) = (.none, [], 0)
        table = MarkdownTable(header: [], alignments: [], rows: [])
    }

    private mutating func emitLeaf() {
        switch leaf {
        case .none: break
        case .paragraph, .formula: emit(.paragraph, text)
        case .fence(let fence): emit(.code(language: fence.language), text)
        case .indented: emit(.code(language: ""), text)
        case .table: emit(.table(table), [])
        }
    }

    /// Adds a line to the open block.
    mutating func append(_ bytes: some Collection<UInt8>) {
        if lines > 0 { text.append(0x0A) }
        text += bytes
        lines += 1
        cutLeafIfLong()
    }

    /// Hands out the open block as a piece if it is long.
    mutating func cutLeafIfLong() {
        let isCode =
            switch leaf {
            case .fence, .indented: true
            default: false
            }
        let size = leaf == .table ? tableSize : text.count
        if size >= (isCode ? Self.longestCode : Self.longest) { cutLeaf(at: .line) }
    }

    /// Hands out what the open block has so far.
    ///
    /// The block goes on after the piece.
    private mutating func cutLeaf(at join: MarkdownBlock.Join = .inline) {
        if lines > 0 { emitLeaf() }
        if case .formula = leaf { leaf = .paragraph }
        if leaf == .table {
            (table.header, table.rows, tableSize) = ([], [], 0)
            // The rest of a row that is cut is text.
            if join == .inline { leaf = .none }
        }
        (text, lines) = ([], 0)
        self.join = join
    }
}
