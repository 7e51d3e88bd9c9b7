import BerthText
import Glibc

/// Writes results to standard output and errors to standard error.
///
/// It is the only place that does. Names, titles and error texts come from tenants, providers and models. Every text is made
/// harmless for a terminal here, because a text in a pipe or a file is often shown on one later. An
/// answer of a model goes unchanged into a pipe or a file.
enum Output {
    /// A place to write to.
    enum Place: Int32 {
        case standardOutput = 1
        case standardError = 2

        /// Whether it is a terminal.
        var isTerminal: Bool { isatty(rawValue) != 0 }

        /// The number of lines of the terminal, or nil if it is unknown.
        var lines: Int? { size.flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } }

        /// The number of columns of the terminal, or nil if it is unknown.
        var columns: Int? { size.flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } }

        private var size: winsize? {
            var size = winsize()
            return unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
        }
    }

    /// Writes a text of one or more lines.
    static func text(_ text: String) { write(HarmlessText.lines(text), to: .standardOutput) }

    /// Writes a part of a model's answer, whose treacherous characters are removed for a terminal.
    static func answer(_ text: String) {
        let isTerminal = Place.standardOutput.isTerminal
        write(isTerminal ? HarmlessText.lines(text, mark: "") : text, to: .standardOutput)
    }

    /// A harmless text in styles, whose codes are those of ECMA-48, "SGR".
    static func styled(_ text: String, _ codes: [String]) -> String {
        "\u{1B}[" + codes.joined(separator: ";") + "m" + text + "\u{1B}[0m"
    }

    /// Writes lines that ``TerminalMarkdown`` has made harmless, with their styles.
    static func rendered(_ lines: String) { write(lines, to: .standardOutput) }

    /// Writes one JSON document and a newline.
    static func json(_ bytes: [UInt8]) {
        write(HarmlessText.json(bytes) + "\n", to: .standardOutput)
    }

    /// Writes a line to standard error.
    static func error(_ text: String) {
        write(HarmlessText.lines(text) + "\n", to: .standardError)
    }

    /// Writes why a verb failed to standard error, and for scripts to standard output too.
    ///
    /// The JSON has the form of the API's errors: `{"error":{"message":…}}`.
    static func failure(_ reason: String, by name: String = "", json isJSON: Bool) {
        if isJSON, let bytes = try? JSON.encode(["error": ["message": reason]]) { json(bytes) }
        error(name + reason)
    }

    /// Replaces the terminal's current line by as much of the text as it has room for.
    static func status(_ text: String, on place: Place = .standardOutput) {
        // A text of several rows could not be replaced.
        let room = max(0, (place.columns ?? .max) - 1)
        var shown = HarmlessText.line(text)
        while DisplayWidth.of(shown) > room { shown.removeLast() }
        // `K` clears the rest of the line. Source: ECMA-48.
        write("\r\u{1B}[K" + shown, to: place)
    }

    /// Replaces the terminal's whole content by as many of the text's lines as it has room for.
    static func screen(_ text: String) {
        // More lines than the terminal has would scroll the first ones away.
        let most = max(1, (Place.standardOutput.lines ?? .max) - 1)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let shown = lines.prefix(most).map { HarmlessText.line(String($0)) + "\u{1B}[K\n" }
        // `H` goes to the top left, `K` and `J` clear the rest of line and screen. Source: ECMA-48.
        write("\u{1B}[H" + shown.joined() + "\u{1B}[J", to: .standardOutput)
    }

    /// Writes rows under their headings.
    ///
    /// See ``lines(_:_:)``.
    static func table(_ headings: [String], _ rows: [[String]]) { text(lines(headings, rows)) }

    /// Rows under their headings in aligned columns, with numbers to the right.
    ///
    /// Each cell is one line, so that no text can forge a row.
    static func lines(_ headings: [String], _ rows: [[String]]) -> String {
        let (headings, rows) = (
            headings.map(HarmlessText.line), rows.map { $0.map(HarmlessText.line) }
        )
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

    /// Writes the whole text, and waits for its reader, for an error at most a second.
    ///
    /// A closed pipe ends the output, not the program.
    private static func write(_ text: String, to place: Place) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            // A service that ends must not wait for the reader of its log. A pipe that is ready has
            // room for 4,096 bytes. Source: pipe(7).
            let most = place == .standardError ? 4096 : bytes.count
            guard place == .standardOutput || isReady(place, withinMs: 1000) else { return }
            let count = unsafe bytes.prefix(most).withUnsafeBytes {
                unsafe Glibc.write(place.rawValue, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            // Another program may have set the shared descriptor to non-blocking.
            if count < 0, errno == EAGAIN, isReady(place, withinMs: -1) { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    private static func isReady(_ place: Place, withinMs milliseconds: Int32) -> Bool {
        var ready = pollfd(fd: place.rawValue, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&ready, 1, milliseconds) == 1
    }
}
