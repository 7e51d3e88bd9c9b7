/// Text from elsewhere, made harmless for a terminal.
///
/// Names, titles, error texts and answers of models must not move the cursor, change the colours or
/// the title, type into the terminal, or reverse the direction of a line.
package enum HarmlessText {
    /// The text with `mark` in the place of each character that a terminal interprets.
    ///
    /// Newlines and tabs stay. A carriage return before a newline is removed.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - mark: the replacement, or "" to remove the characters.
    /// - Returns: the same text if it is harmless.
    package static func lines(_ text: String, mark: String = "\u{FFFD}") -> String {
        guard mayBeTreacherous(text, allowing: [0x09, 0x0A]) else { return text }
        var out = String.UnicodeScalarView()
        var isAfterReturn = false
        for scalar in text.unicodeScalars {
            if isAfterReturn, scalar != "\n" { out += mark.unicodeScalars }
            isAfterReturn = scalar == "\r"
            guard !isAfterReturn else { continue }
            let stays = scalar == "\n" || scalar == "\t" || !VisibleQuote.isTreacherous(scalar)
            if stays { out.append(scalar) } else { out += mark.unicodeScalars }
        }
        if isAfterReturn { out += mark.unicodeScalars }
        return String(out)
    }

    /// The text in one line, for a cell of a table or a status line.
    ///
    /// Newlines and tabs become spaces, and other characters that a terminal interprets become
    /// U+FFFD.
    package static func line(_ text: String) -> String {
        guard mayBeTreacherous(text, allowing: []) else { return text }
        let lines = lines(text).unicodeScalars.map { $0 == "\n" || $0 == "\t" ? " " : $0 }
        return String(String.UnicodeScalarView(lines))
    }

    /// JSON in which each character that a terminal interprets is escaped within its string.
    ///
    /// JSON itself requires that only of the characters below U+0020.
    package static func json(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard mayBeTreacherous(text, allowing: [0x09, 0x0A, 0x0D]) else { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            // White space between the members stands for itself. A string cannot contain it.
            if scalar.value < 0x20 || !VisibleQuote.isTreacherous(scalar) {
                out.unicodeScalars.append(scalar)
            } else {
                out += VisibleQuote.escape(scalar)
            }
        }
        return out
    }

    /// Whether a look at the bytes does not rule out that the text has characters to replace.
    private static func mayBeTreacherous(_ text: String, allowing controls: [UInt8]) -> Bool {
        !text.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || controls.contains($0) }
    }
}
