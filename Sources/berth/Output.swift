import Glibc

/// Prints results to standard output and errors to standard error.
enum Output {
    /// Writes `text` as it is.
    static func text(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes one JSON document and a newline.
    static func json(_ bytes: [UInt8]) { text(String(decoding: bytes, as: UTF8.self) + "\n") }

    /// Writes a line to standard error.
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Writes `text` as it is to standard error.
    static func note(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Writes rows under their headings.
    ///
    /// See ``lines(_:_:)``.
    static func table(_ headings: [String], _ rows: [[String]]) { text(lines(headings, rows)) }

    /// Rows under their headings in aligned columns, with numbers to the right.
    static func lines(_ headings: [String], _ rows: [[String]]) -> String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([headings] + rows).map { row in
            let cells = zip(row, widths).map { cell, width in
                let pad = String(repeating: " ", count: width - cell.count)
                let isNumber =
                    cell.first?.isNumber == true && cell.allSatisfy { $0.isNumber || $0 == "." }
                return isNumber ? pad + cell : cell + pad
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    /// Writes the whole text.
    ///
    /// A closed pipe ends the output, not the program.
    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
