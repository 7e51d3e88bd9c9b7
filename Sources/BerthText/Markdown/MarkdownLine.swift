/// One line of Markdown, without its end, and the place up to which it is read.
struct MarkdownLine {
    /// A mark that opens a code block.
    struct Fence: Equatable {
        let mark: UInt8
        let size: Int
        let indent: Int
        let language: String
    }

    /// A mark that begins an item of a list.
    struct Item {
        /// The mark as it was written.
        let marker: String
        /// Columns before the mark.
        let indent: Int
        /// Columns of the mark and the space after it.
        let width: Int
        /// The index of the first byte after the mark and its space.
        let end: Int
        /// The number of an ordered list.
        let number: Int?
    }

    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let star = UInt8(ascii: "*")
    static let dash = UInt8(ascii: "-")
    static let line = UInt8(ascii: "_")
    static let tick = UInt8(ascii: "`")
    static let tilde = UInt8(ascii: "~")
    static let hash = UInt8(ascii: "#")
    static let pipe = UInt8(ascii: "|")
    static let backslash = UInt8(ascii: "\\")
    /// The longest language of a code block, in bytes.
    static let longestLanguage = 40

    let bytes: [UInt8]
    private(set) var at = 0
    /// Columns of a tab that are left after the others were removed.
    private var left = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func isSpace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// The bytes after the part that was read.
    var rest: [UInt8] { [UInt8](repeating: Self.space, count: left) + bytes[at...] }

    /// The bytes after the part that was read, without white space around them.
    var trimmed: ArraySlice<UInt8> { Self.trim(bytes[at...]) }

    var isBlank: Bool { bytes[at...].allSatisfy(Self.isSpace) }

    /// The columns of white space at the place.
    ///
    /// A tab reaches the next multiple of four.
    var indent: Int {
        var columns = left
        for byte in bytes[at...] {
            if byte == Self.space {
                columns += 1
            } else if byte == Self.tab {
                columns += 4 - columns % 4
            } else {
                break
            }
        }
        return columns
    }

    /// The first byte that is no white space.
    var first: UInt8? { bytes[at...].first { !Self.isSpace($0) } }

    static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    /// Reads up to `columns` columns of white space.
    mutating func skip(_ columns: Int) {
        var seen = 0
        while seen < columns {
            if left > 0 {
                left -= 1
                seen += 1
            } else if at < bytes.count, bytes[at] == Self.space {
                at += 1
                seen += 1
            } else if at < bytes.count, bytes[at] == Self.tab {
                at += 1
                left = 4 - seen % 4
            } else {
                return
            }
        }
    }

    /// Reads the mark of a quote and the space after it.
    ///
    /// - Returns: false if there is none.
    mutating func takeQuote() -> Bool {
        guard indent <= 3, first == UInt8(ascii: ">") else { return false }
        skip(3)
        at += 1
        skip(1)
        return true
    }

    /// Reads the mark of an item.
    mutating func take(_ item: Item) {
        (at, left) = (item.end, 0)
    }

    /// The mark that opens a code block here, if there is one.
    var fence: Fence? {
        guard let mark = first, mark == Self.tick || mark == Self.tilde else { return nil }
        let text = trimmed
        let size = text.prefix { $0 == mark }.count
        let info = Self.trim(text.dropFirst(size))
        guard size >= 3, mark == Self.tilde || !info.contains(Self.tick) else { return nil }
        let word = info.prefix { !Self.isSpace($0) }
        let language = String(decoding: word, as: UTF8.self).cut(toBytes: Self.longestLanguage)
        return Fence(mark: mark, size: size, indent: indent, language: language)
    }

    /// Whether the line closes a code block.
    func closes(_ fence: Fence) -> Bool {
        let text = trimmed
        return text.count >= fence.size && text.allSatisfy { $0 == fence.mark }
    }

    /// Whether the line is a horizontal rule.
    var isRule: Bool {
        guard let mark = first, [Self.star, Self.dash, Self.line].contains(mark) else {
            return false
        }
        var count = 0
        for byte in bytes[at...] where !Self.isSpace(byte) {
            if byte != mark { return false }
            count += 1
        }
        return count >= 3
    }

    /// The level and the text of a heading.
    var heading: (level: Int, text: ArraySlice<UInt8>)? {
        guard indent <= 3, first == Self.hash else { return nil }
        let text = trimmed
        let level = text.prefix { $0 == Self.hash }.count
        var inner = text.dropFirst(level)
        guard level <= 6, inner.first.map(Self.isSpace) ?? true else { return nil }
        let bare = inner.count - inner.reversed().prefix { $0 == Self.hash }.count
        // Marks at the end belong to the heading if a space is before them.
        if bare == 0 || Self.isSpace(inner[inner.startIndex + bare - 1]) {
            inner = inner.prefix(bare)
        }
        return (level, Self.trim(inner))
    }

    /// The level of a heading whose line before this one is its text.
    var underline: Int? {
        let text = trimmed
        guard indent <= 3, text.count >= 3, let mark = text.first,
            text.allSatisfy({ $0 == mark })
        else {
            return nil
        }
        return mark == UInt8(ascii: "=") ? 1 : mark == Self.dash ? 2 : nil
    }

    /// The mark of an item of a list.
    var item: Item? {
        let start = bytes[at...].firstIndex { !Self.isSpace($0) } ?? bytes.count
        guard start < bytes.count, !isRule else { return nil }
        var (end, number) = (start, Int?.none)
        if [Self.dash, Self.star, UInt8(ascii: "+")].contains(bytes[start]) {
            end += 1
        } else {
            let digits = bytes[start...].prefix { (0x30...0x39).contains($0) }
            end += digits.count
            guard (1...9).contains(digits.count), end < bytes.count,
                bytes[end] == UInt8(ascii: ".") || bytes[end] == UInt8(ascii: ")")
            else { return nil }
            number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            end += 1
        }
        guard end == bytes.count || Self.isSpace(bytes[end]) else { return nil }
        let marker = String(decoding: bytes[start..<end], as: UTF8.self)
        var after = MarkdownLine(Array(bytes[end...]))
        let gap = after.isBlank ? 1 : after.indent > 4 ? 1 : after.indent
        after.skip(gap)
        let width = end - start + gap
        return Item(
            marker: marker,
            indent: indent,
            width: width,
            end: end + after.at,
            number: number
        )
    }

    /// The alignments of the columns if the line is the second one of a table.
    var delimiters: [MarkdownTable.Alignment]? {
        guard bytes[at...].contains(Self.dash), bytes[at...].contains(Self.pipe),
            bytes[at...].allSatisfy({ Self.isSpace($0) || "|:-".utf8.contains($0) })
        else { return nil }
        return cells.map { cell in
            guard cell.last == UInt8(ascii: ":") else { return .start }
            return cell.first == UInt8(ascii: ":") ? .center : .end
        }
    }

    /// The cells of a row, divided at each `|` outside of code that is not escaped.
    var cells: [[UInt8]] {
        var text = trimmed
        if text.first == Self.pipe { text = text.dropFirst() }
        var (cells, cell, isCode, isEscaped) = ([[UInt8]](), [UInt8](), false, false)
        for byte in text {
            if isEscaped {
                // The escape of a pipe belongs to the table. Others belong to the cell's text.
                if byte == Self.pipe { cell.removeLast() }
                cell.append(byte)
                isEscaped = false
            } else if byte == Self.pipe, !isCode {
                cells.append(Array(Self.trim(cell[...])))
                cell = []
            } else {
                if byte == Self.tick { isCode.toggle() }
                isEscaped = byte == Self.backslash
                cell.append(byte)
            }
        }
        let last = Self.trim(cell[...])
        return last.isEmpty ? cells : cells + [Array(last)]
    }
}
