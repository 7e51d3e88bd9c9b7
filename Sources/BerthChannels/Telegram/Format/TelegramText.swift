import BerthText

/// Makes messages with entities of an answer's Markdown.
///
/// Telegram's own parsing of Markdown is never used, so that no answer can be refused for its
/// marks. Headings are bold, items have bullets, `<think>` becomes a folded quote, formulas are
/// code, tables are aligned in a code block or become lists, and pictures become links. HTML is
/// text.
package struct TelegramText: Sendable {
    /// The line that stands for a horizontal rule.
    static let rule = "──────────"
    /// The bullets of lists by their depth.
    ///
    /// Deeper ones have the last.
    static let bullets = ["•", "◦", "▪"]
    /// The columns by which the lines of an item are indented for each list around it.
    static let indentation = "  "

    private var parts: TelegramParts
    /// The containers of the block before.
    private var containers: [MarkdownContainer] = []
    private var isFirst = true
    private var isAfterHeading = false
    /// The number of the last code block or thought.
    private var last = 0

    /// Begins without text.
    init(limits: TelegramLimits) { parts = TelegramParts(limits: limits) }

    /// The messages of a whole answer.
    ///
    /// None is empty.
    ///
    /// The time is linear in the answer. An answer without visible text has no messages.
    package static func parts(
        of markdown: String,
        limits: TelegramLimits = .messages
    ) -> [TelegramPart] {
        var stream = TelegramStream(limits: limits)
        stream.push(markdown)
        stream.finish()
        return stream.take()
    }

    mutating func take() -> [TelegramPart] { parts.take() }

    mutating func finish() { parts.finish() }

    /// Adds a block.
    ///
    /// - Parameters:
    ///   - block: the next block of the answer.
    ///   - isOpen: whether more text of the block may follow.
    mutating func add(_ block: MarkdownBlock, isOpen: Bool = false) {
        let shared = zip(containers, block.containers).prefix { $0.0.id == $0.1.id }.count
        let opened = block.containers[shared...]
        let hasItem = opened.contains { !$0.isQuote }
        let runs = inlineRuns(block, isOpen: isOpen)
        guard hasItem || !runs.isEmpty || !isText(block.kind), !isEmptyCode(block) else { return }
        let isNext = block.join == .line || block.join == .inline
        if !isNext, isOwnBlock(block.kind) { last += 1 }
        separate(block, shared: shared, hasItem: hasItem)
        (containers, isFirst) = (block.containers, false)
        isAfterHeading = isHeading(block.kind)
        var look = look(in: block.containers)
        addMarks(opened, look, joined: isNext)
        switch block.kind {
        case .paragraph, .heading: append(runs, look)
        case .rule: parts.append(Self.rule, look)
        case .code(let language):
            look.pre = last
            look.language = Self.language(language)
            parts.append(String(decoding: block.text, as: UTF8.self), look)
        case .formula:
            (look.pre, look.language) = (last, "latex")
            let source = block.text.dropFirst(2).dropLast(2)
            let visible = source.drop { $0 <= 0x20 }
            parts.append(
                String(decoding: visible.isEmpty ? block.text[...] : visible, as: UTF8.self),
                look
            )
        case .thought:
            (look.quote, look.isFolded) = (-last, true)
            parts.append(String(decoding: block.text, as: UTF8.self), look)
        case .table(let table): add(table, look)
        }
        parts.settle()
    }

    // MARK: Blocks

    private func isText(_ kind: MarkdownBlock.Kind) -> Bool {
        kind == .paragraph || isHeading(kind)
    }

    private func isHeading(_ kind: MarkdownBlock.Kind) -> Bool {
        if case .heading = kind { true } else { false }
    }

    /// Whether a block has a code block or quote of its own.
    private func isOwnBlock(_ kind: MarkdownBlock.Kind) -> Bool {
        switch kind {
        case .code, .formula, .thought, .table: true
        default: false
        }
    }

    private func isEmptyCode(_ block: MarkdownBlock) -> Bool {
        guard case .code = block.kind, block.join != .line, block.join != .inline else {
            return false
        }
        return block.text.allSatisfy { $0 == 0x20 || $0 == 0x0A }
    }

    private func inlineRuns(_ block: MarkdownBlock, isOpen: Bool) -> [MarkdownRun] {
        guard isText(block.kind) else { return [] }
        let runs = MarkdownInline.runs(of: block.text, isOpen: isOpen)
        return isHeading(block.kind) ? runs.map { $0.adding(.bold) } : runs
    }

    private func look(in containers: some Sequence<MarkdownContainer>) -> TelegramLook {
        TelegramLook(quote: containers.first { $0.isQuote }?.id ?? 0)
    }

    /// Adds the newlines between a block and the one before it.
    private mutating func separate(_ block: MarkdownBlock, shared: Int, hasItem: Bool) {
        guard !isFirst, block.join != .inline else { return }
        var look = look(in: containers[..<shared])
        if block.join == .line {
            if case .code(let language) = block.kind {
                (look.pre, look.language) = (last, Self.language(language))
            }
            if block.kind == .thought { (look.quote, look.isFolded) = (-last, true) }
            return parts.append("\n", look)
        }
        // The items of a list stand close together.
        let isInList = hasItem && containers.contains { !$0.isQuote }
        let isApart = block.join == .apart || (isHeading(block.kind) && !isAfterHeading)
        parts.append(isApart && !isInList ? "\n\n" : "\n", look)
        parts.addBorder()
    }

    /// Adds the bullets of new items, or the indentation of a further block of an item.
    private mutating func addMarks(
        _ opened: ArraySlice<MarkdownContainer>,
        _ look: TelegramLook,
        joined: Bool
    ) {
        let around = containers[..<(containers.count - opened.count)]
        var depth = around.filter { !$0.isQuote }.count
        guard !joined, depth > 0 || !opened.isEmpty else { return }
        parts.append(String(repeating: Self.indentation, count: depth), look)
        for case .item(let marker, let isDone) in opened.map(\.kind) {
            let isNumber = marker.utf8.count > 1
            let bullet = Self.bullets[min(depth, Self.bullets.count - 1)]
            let box = isDone.map { $0 ? "☑" : "☐" }
            let mark =
                isNumber ? [marker, box].compactMap(\.self).joined(separator: " ") : box ?? bullet
            parts.append(mark + " ", look)
            depth += 1
        }
    }

    /// Adds the text of a paragraph.
    ///
    /// Its further lines are indented like the first.
    private mutating func append(_ runs: [MarkdownRun], _ look: TelegramLook) {
        let depth = containers.filter { !$0.isQuote }.count
        let newline = "\n" + String(repeating: Self.indentation, count: depth)
        for run in runs {
            var look = look
            look.style = run.style
            look.link = Self.isSeen(run) ? nil : run.link
            guard depth > 0, run.text.utf8.contains(0x0A) else {
                parts.append(run.text, look)
                continue
            }
            for (index, line) in run.text.unicodeScalars.split(
                separator: "\n",
                omittingEmptySubsequences: false
            ).enumerated() {
                parts.append((index > 0 ? newline : "") + String(line), look)
            }
        }
    }

    /// Whether a link's text is its address, which Telegram links itself.
    private static func isSeen(_ run: MarkdownRun) -> Bool {
        guard let link = run.link else { return false }
        return link.hasBytes(of: run.text) || link.hasBytes(of: "mailto:" + run.text)
    }

    private mutating func add(_ table: MarkdownTable, _ look: TelegramLook) {
        if let text = TelegramTable.aligned(table) {
            var look = look
            look.pre = last
            parts.append(text, look)
            return
        }
        for (index, line) in TelegramTable.list(table).enumerated() {
            if index > 0 {
                parts.append("\n", look)
                if line.isFirst { parts.addBorder() }
            }
            parts.append(line.isFirst ? Self.bullets[0] + " " : Self.indentation, look)
            append(line.runs, look)
        }
    }

    /// The language of a code block as Telegram's clients know it.
    private static func language(_ word: String) -> String {
        String(
            decoding: word.utf8.filter {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20)
                    || "+-#._".utf8.contains($0)
            },
            as: UTF8.self
        )
    }
}
