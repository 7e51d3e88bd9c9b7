/// Values as Python writes them, such as `{'error': None}`.
package enum PythonText {
    /// The text as JSON, in time linear in its bytes.
    ///
    /// The quotes of strings become double ones, and the three words of Python those of JSON. The
    /// result is no JSON if the text is no value of Python's.
    package static func json(_ text: [UInt8]) -> [UInt8] {
        var (out, at) = ([UInt8](), 0)
        out.reserveCapacity(text.count)
        while at < text.count {
            let byte = text[at]
            if byte == quote || byte == apostrophe {
                at = takeString(text, from: at, onto: &out)
            } else if let word = words.first(where: { text[at...].starts(with: $0.python.utf8) }) {
                out += word.json.utf8
                at += word.python.utf8.count
            } else {
                out.append(byte)
                at += 1
            }
        }
        return out
    }

    private static let words = [("None", "null"), ("True", "true"), ("False", "false")].map {
        (python: $0.0, json: $0.1)
    }

    private static let quote = UInt8(ascii: "\"")
    private static let apostrophe = UInt8(ascii: "'")

    /// Adds the string that begins at `start`.
    ///
    /// - Returns: the place after it.
    private static func takeString(
        _ text: [UInt8],
        from start: Int,
        onto out: inout [UInt8]
    ) -> Int {
        var at = start + 1
        out.append(quote)
        while at < text.count, text[at] != text[start] {
            let byte = text[at]
            at += 1
            if byte == quote {
                out += [UInt8(ascii: "\\"), quote]
            } else if byte < 0x20 {
                out.append(0x20)
            } else if byte != UInt8(ascii: "\\") || at == text.count {
                out.append(byte)
            } else {
                at = takeEscape(text, at, onto: &out)
            }
        }
        out.append(quote)
        return at + 1
    }

    private static func takeEscape(_ text: [UInt8], _ at: Int, onto out: inout [UInt8]) -> Int {
        switch text[at] {
        case apostrophe: out.append(apostrophe)
        case UInt8(ascii: "x"): out += "\\u00".utf8
        default: out += [UInt8(ascii: "\\"), text[at]]
        }
        return at + 1
    }
}
