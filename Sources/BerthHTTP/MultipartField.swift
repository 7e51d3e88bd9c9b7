import BerthText

/// The header of one part of a body of `multipart/form-data`.
package struct MultipartField: Equatable, Sendable {
    /// The name of the form's field.
    package let name: String
    /// Whether the part is a file, which has a file name.
    ///
    /// The file name itself is not read.
    package let isFile: Bool
    /// The media type that the sender states, or an empty text.
    package let type: String

    /// The longest name in bytes.
    static let longestName = 64

    /// Reads the lines of a header.
    init(_ lines: [Substring]) throws(MultipartError) {
        var (disposition, type): (Substring?, Substring) = (nil, "")
        for line in lines {
            guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
                throw MultipartError("a line of a part's header has no colon")
            }
            let value = MultipartField.trimmed(line[line.utf8.index(after: colon)...])
            switch line[..<colon].cut(toBytes: MultipartField.longestName).lowercased() {
            case "content-disposition":
                guard disposition == nil else {
                    throw MultipartError("a part has two Content-Disposition")
                }
                disposition = value
            case "content-type": type = value
            case "content-transfer-encoding":
                guard ["binary", "8bit", "7bit"].contains(value.cut(toBytes: 8).lowercased()) else {
                    throw MultipartError("parts are sent without a transfer encoding")
                }
            default: break
            }
        }
        guard let disposition else { throw MultipartError("a part has no Content-Disposition") }
        let parameters = try MultipartField.parameters(of: disposition, "form-data")
        guard let name = parameters["name"], !name.isEmpty else {
            throw MultipartError("a part has no name")
        }
        guard name.utf8.count <= MultipartField.longestName else {
            throw MultipartError(
                "the name of a part has more than \(MultipartField.longestName) bytes"
            )
        }
        self.name = name
        isFile = parameters["filename"] != nil || parameters["filename*"] != nil
        self.type = String(type)
    }

    /// The parameters of a header's value, by their names in lower case.
    ///
    /// - Parameters:
    ///   - text: the value, such as `form-data; name="image"`.
    ///   - kind: the word before the first semicolon.
    /// - Returns: the values, without quotation marks.
    /// - Throws: ``MultipartError``.
    static func parameters(
        of text: Substring,
        _ kind: String
    ) throws(MultipartError) -> [String: String] {
        let semicolon = text.utf8.firstIndex(of: UInt8(ascii: ";")) ?? text.endIndex
        guard trimmed(text[..<semicolon]).cut(toBytes: longestName).lowercased() == kind else {
            throw MultipartError("it is no \(kind)")
        }
        var (parameters, rest) = ([String: String](), Array(text[semicolon...].utf8)[...])
        while rest.first == UInt8(ascii: ";") {
            rest = rest.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }
            if rest.isEmpty { break }
            guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else {
                throw MultipartError("a parameter has no value")
            }
            let name = Substring(decoding: rest[..<equals], as: UTF8.self)
                .cut(toBytes: longestName).lowercased()
            rest = rest[(equals + 1)...]
            let value = try value(&rest)
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            guard parameters.updateValue(value, forKey: name) == nil else {
                throw MultipartError("the parameter '\(name.shortened())' stands twice")
            }
        }
        guard rest.isEmpty else { throw MultipartError("a header has an unknown form") }
        return parameters
    }

    /// Takes a token or a quoted text from the start of `rest`.
    private static func value(_ rest: inout ArraySlice<UInt8>) throws(MultipartError) -> String {
        guard rest.first == UInt8(ascii: "\"") else {
            let end = rest.firstIndex { $0 == UInt8(ascii: ";") } ?? rest.endIndex
            defer { rest = rest[end...] }
            return String(trimmed(Substring(decoding: rest[..<end], as: UTF8.self)))
        }
        var value: [UInt8] = []
        var at = rest.startIndex + 1
        while at < rest.endIndex, rest[at] != UInt8(ascii: "\"") {
            // Browsers do not escape a backslash in a file's name, which is not read.
            let isEscape = rest[at] == UInt8(ascii: "\\") && at + 1 < rest.endIndex
            if isEscape, rest[at + 1] == UInt8(ascii: "\"") { at += 1 }
            value.append(rest[at])
            at += 1
        }
        guard at < rest.endIndex else { throw MultipartError("a quoted text has no end") }
        rest = rest[(at + 1)...]
        return String(decoding: value, as: UTF8.self)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let rest = text.utf8.drop(while: isBlank)
        let end = rest.lastIndex { !isBlank($0) }.map { rest.index(after: $0) } ?? rest.startIndex
        return Substring(rest[..<end])
    }
}
