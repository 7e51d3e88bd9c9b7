import BerthText

/// Makes a table readable in a chat.
enum TelegramTable {
    /// The widest table that is aligned in a code block, in columns.
    static let widest = 60

    /// A line of a table that became a list.
    struct Line {
        /// Whether the line begins a row.
        let isFirst: Bool
        let runs: [MarkdownRun]
    }

    /// The table with aligned columns, or nil if it is too wide.
    static func aligned(_ table: MarkdownTable) -> String? {
        let mostCells = max(table.header.count, table.rows.lazy.map(\.count).max() ?? 0)
        guard mostCells > 0, mostCells <= widest / 3 else { return nil }
        let rows = (table.header.isEmpty ? [] : [table.header]) + table.rows
        let cells = rows.map { $0.map(plain) }
        var widths = [Int](repeating: 1, count: mostCells)
        for row in cells {
            for (column, cell) in row.enumerated() {
                if cell.utf8.contains(0x0A) { return nil }
                widths[column] = max(widths[column], DisplayWidth.of(cell))
            }
        }
        guard widths.reduce(0, +) + 3 * (mostCells - 1) <= widest else { return nil }
        var lines = cells.map { line($0, widths, table.alignments) }
        if !table.header.isEmpty {
            lines.insert(
                widths.map { String(repeating: "-", count: $0) }.joined(separator: "-+-"),
                at: 1
            )
        }
        return lines.joined(separator: "\n")
    }

    private static func line(
        _ row: [String],
        _ widths: [Int],
        _ alignments: [MarkdownTable.Alignment]
    ) -> String {
        let cells = row.enumerated().map { column, cell in
            let room = widths[column] - DisplayWidth.of(cell)
            let alignment = column < alignments.count ? alignments[column] : .start
            let before =
                switch alignment {
                case .start: 0
                case .center: room / 2
                case .end: room
                }
            let after = column == row.count - 1 ? 0 : room - before
            return String(repeating: " ", count: before) + cell
                + String(repeating: " ", count: after)
        }
        return cells.joined(separator: " | ")
    }

    /// The text of a cell without marks.
    private static func plain(_ cell: [UInt8]) -> String {
        MarkdownInline.runs(of: cell).map(\.text).joined()
    }

    /// The rows as a list, in which each cell has its column's name.
    ///
    /// If the names would make the list much longer than the table, they are a row of their own.
    static func list(_ table: MarkdownTable) -> [Line] {
        let names = table.header.map { MarkdownInline.runs(of: $0) }
        let size = { (row: [[UInt8]]) in row.reduce(0) { $0 + $1.count + 1 } }
        let rowsSize = table.rows.reduce(0) { $0 + size($1) }
        let isNamed =
            !table.rows.isEmpty
            && size(table.header) * table.rows.count <= 4 * rowsSize + 512
        var lines: [Line] = []
        if !isNamed, !table.header.isEmpty { lines = cells(table.header, names: []) }
        for row in table.rows { lines += cells(row, names: isNamed ? names : []) }
        return lines
    }

    private static func cells(_ row: [[UInt8]], names: [[MarkdownRun]]) -> [Line] {
        var lines: [Line] = []
        for (column, cell) in row.enumerated() {
            var runs = MarkdownInline.runs(of: cell)
            guard !runs.isEmpty else { continue }
            if column < names.count, !names[column].isEmpty {
                runs = names[column] + [MarkdownRun(text: ": ")] + runs
            }
            if lines.isEmpty {
                runs = runs.map { $0.adding(.bold) }
            }
            lines.append(Line(isFirst: lines.isEmpty, runs: runs))
        }
        return lines
    }
}
