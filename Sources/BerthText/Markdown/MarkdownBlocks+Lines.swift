extension MarkdownBlocks {
    /// Reads one whole line of the answer.
    mutating func readAnswer(_ whole: MarkdownLine) {
        var line = whole
        let matched = match(&line)
        let isWhole = matched == containers.count
        if isWhole, takeVerbatim(line) { return }
        if line.isBlank {
            if !isWhole { leave(to: matched) }
            return readBlank()
        }
        let hasOpened = open(&line, below: matched)
        if !hasOpened, !isWhole {
            // The text of a paragraph may go on without the marks of its containers.
            if leaf == .paragraph, lines > 0, !text.isEmpty, isText(line) {
                return append(line.trimmed)
            }
            leave(to: matched)
        }
        readLeaf(line)
    }

    /// Reads the marks and the indentation of the containers that the line continues.
    ///
    /// - Returns: the number of these containers.
    private func match(_ line: inout MarkdownLine) -> Int {
        var matched = 0
        let isInCode =
            if case .fence = leaf { true } else { false }
        for container in containers {
            if container.isQuote {
                guard line.takeQuote() else { break }
            } else if !line.isBlank {
                // Code in an item is often indented too little.
                guard isInCode || line.indent >= container.needed else { break }
                line.skip(container.width)
            }
            matched += 1
        }
        return matched
    }

    /// Adds the line to an open code block or formula.
    ///
    /// - Returns: false if none is open, or the line ends it and belongs to the next block.
    private mutating func takeVerbatim(_ line: MarkdownLine) -> Bool {
        switch leaf {
        case .fence(let fence):
            if line.closes(fence) {
                closeLeaf()
            } else {
                var line = line
                line.skip(fence.indent)
                append(line.rest)
            }
            return true
        case .indented:
            guard line.indent >= 4 || line.isBlank else { return false }
            var line = line
            line.skip(4)
            append(line.rest)
            return true
        case .formula(let closer):
            guard !line.isBlank, lines < Self.mostFormulaLines else {
                leaf = .paragraph
                return false
            }
            let words = line.trimmed
            append(words)
            if words.ends(with: closer), case .formula = leaf {
                emit(.formula, text)
                (leaf, text, lines) = (.none, [], 0)
            }
            return true
        default: return false
        }
    }

    private mutating func readBlank() {
        closeLeaf()
        join = .apart
    }

    /// Closes the open block and the containers after the first `count`.
    private mutating func leave(to count: Int) {
        closeLeaf()
        containers.removeLast(containers.count - count)
    }

    /// Opens the quotes and items that begin in the line.
    ///
    /// - Returns: whether there were any.
    private mutating func open(_ line: inout MarkdownLine, below matched: Int) -> Bool {
        var hasOpened = false
        while true {
            let depth = hasOpened ? containers.count : matched
            guard depth < Self.deepest, !isIndentedCode(line, depth: depth) else { break }
            var inner = line
            if inner.takeQuote() {
                if !hasOpened { leave(to: matched) }
                add(.quote, needed: 0, width: 0)
            } else if let item = line.item, hasOpened || begins(item, in: line, below: matched) {
                inner.take(item)
                if !hasOpened { leave(to: matched) }
                let isDone = takeBox(&inner)
                add(
                    .item(marker: item.marker, isDone: isDone),
                    needed: min(item.indent + 2, item.indent + item.width),
                    width: item.indent + item.width
                )
                if inner.isBlank { startEmptyItem() }
            } else {
                break
            }
            line = inner
            hasOpened = true
            if line.isBlank { break }
        }
        return hasOpened
    }

    /// An item without text is a block too, which shows its mark.
    private mutating func startEmptyItem() {
        (leaf, text, lines) = (.paragraph, [], 1)
    }

    private mutating func add(_ kind: MarkdownContainer.Kind, needed: Int, width: Int) {
        lastID += 1
        containers.append(
            MarkdownContainer(id: lastID, kind: kind, needed: needed, width: width)
        )
    }

    /// Whether a mark of an item begins one here, and is not a part of the paragraph before it.
    private func begins(
        _ item: MarkdownLine.Item,
        in line: MarkdownLine,
        below matched: Int
    ) -> Bool {
        guard leaf == .paragraph, matched == containers.count else { return true }
        let isEmpty = item.end >= line.bytes.count
        return !isEmpty && (item.number ?? 1) == 1
    }

    /// Reads the box of a task.
    private func takeBox(_ line: inout MarkdownLine) -> Bool? {
        let words = line.trimmed
        for (box, isDone) in [("[ ] ", false), ("[x] ", true), ("[X] ", true)]
        where words.starts(with: box.utf8) {
            line = MarkdownLine(Array(words.dropFirst(4)))
            return isDone
        }
        return nil
    }

    private func isIndentedCode(_ line: MarkdownLine, depth: Int) -> Bool {
        guard line.indent >= 4, leaf != .paragraph, leaf != .table else { return false }
        return containers[..<depth].allSatisfy(\.isQuote) && depth == containers.count
    }

    /// Whether the line begins no block other than a paragraph.
    private func isText(_ line: MarkdownLine) -> Bool {
        line.fence == nil && line.heading == nil && !line.isRule && formulaCloser(line) == nil
    }

    /// Reads the line after its containers.
    private mutating func readLeaf(_ line: MarkdownLine) {
        if line.isBlank { return }
        if leaf == .table {
            if line.bytes.contains(MarkdownLine.pipe), isText(line) { return addRow(line) }
            closeLeaf()
        }
        if leaf == .paragraph, lines > 0, !text.isEmpty, endParagraph(line) { return }
        if isIndentedCode(line, depth: containers.count) {
            closeLeaf()
            leaf = .indented
            _ = takeVerbatim(line)
        } else if let fence = line.fence {
            closeLeaf()
            leaf = .fence(fence)
        } else if let heading = line.heading {
            closeLeaf()
            emit(.heading(heading.level), Array(heading.text))
        } else if line.isRule {
            closeLeaf()
            emit(.rule, [])
        } else if let closer = formulaCloser(line) {
            closeLeaf()
            startFormula(line, closer: closer)
        } else {
            if leaf != .paragraph {
                closeLeaf()
                leaf = .paragraph
            } else if text.isEmpty, lines == 1 {
                lines = 0
            }
            append(line.trimmed)
        }
    }

    /// Turns the open paragraph into a heading or its last line into the first row of a table.
    ///
    /// - Returns: false if the line does neither.
    private mutating func endParagraph(_ line: MarkdownLine) -> Bool {
        if let level = line.underline {
            let heading = text
            (leaf, text, lines) = (.none, [], 0)
            emit(.heading(level), heading)
            return true
        }
        let start = text.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        guard let alignments = line.delimiters, text[start...].contains(MarkdownLine.pipe) else {
            return false
        }
        let header = MarkdownLine(Array(text[start...])).cells
        if start > 0 {
            text.removeLast(text.count - start + 1)
            closeLeaf()
        }
        (leaf, text, lines, tableSize) = (.table, [], 1, 0)
        table = MarkdownTable(header: header, alignments: alignments, rows: [])
        return true
    }

    private mutating func addRow(_ line: MarkdownLine) {
        table.rows.append(line.cells)
        tableSize += line.bytes.count
        lines += 1
        cutLeafIfLong()
    }

    /// The mark that closes the formula that begins in the line, or nil if none begins.
    private func formulaCloser(_ line: MarkdownLine) -> String? {
        let words = line.trimmed
        guard
            let closer = words.starts(with: "$$".utf8)
                ? "$$"
                : words.starts(with: "\\[".utf8) ? "\\]" : nil
        else { return nil }
        let inner = Array(words.dropFirst(2))
        // A formula that ends within its line is alone there.
        return inner.offset(of: closer).map { $0 + 2 == inner.count } ?? true ? closer : nil
    }

    private mutating func startFormula(_ line: MarkdownLine, closer: String) {
        let words = line.trimmed
        if words.count > 3, words.ends(with: closer) {
            emit(.formula, Array(words))
        } else {
            leaf = .formula(closer: closer)
            append(words)
        }
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes end with `words`.
    func ends(with words: String) -> Bool {
        count >= words.utf8.count && suffix(words.utf8.count).elementsEqual(words.utf8)
    }
}
