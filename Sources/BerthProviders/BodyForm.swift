import BerthText

/// The form of an answer's body, which its first bytes tell.
///
/// The header and the question are no proof: servers stream under any type, stream without being
/// asked to, or answer a streamed question with one whole completion.
enum BodyForm: String, Equatable {
    /// Server-sent events.
    case events
    /// JSON.
    case json
    /// A web page.
    case page
    /// Any other text.
    case text

    private static let fields = ["data:", "event:", "id:", "retry:", ":"].map { Array($0.utf8) }

    /// The bytes of a body in which the first line of an event's data is looked for.
    private static let mostUnknown = 4096

    /// Tells the form by a body's start.
    ///
    /// Events may begin with fields that no standard has. White space and a byte order mark at the
    /// start are skipped.
    ///
    /// - Returns: nil while more bytes are needed.
    static func of(_ start: ArraySlice<UInt8>) -> BodyForm? {
        let bytes = trimmed(start)
        guard let first = bytes.first else { return nil }
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): return .json
        case UInt8(ascii: "<"): return .page
        default: break
        }
        if fields.contains(where: { bytes.starts(with: $0) }) { return .events }
        let lines = bytes.prefix(mostUnknown).split { isLineEnd($0) }
        if lines.contains(where: { $0.starts(with: "data:".utf8) }) { return .events }
        return bytes.count < mostUnknown ? nil : .text
    }

    /// Returns the body without the blank lines and the byte order mark at its start.
    ///
    /// The white space before its first word stays, because a field of an event has none before it.
    static func withoutBlankLines(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var start = trimmed(body).startIndex
        while start > body.startIndex, body[start - 1] == 0x20 || body[start - 1] == 0x09 {
            start -= 1
        }
        return body[start...]
    }

    /// Returns the body without white space and byte order mark at its start.
    static func trimmed(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var body = body.drop { isSpace($0) }
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3).drop { isSpace($0) } }
        return body
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// Whether a text is white space alone.
    static func isBlank(_ text: [UInt8]) -> Bool { text.allSatisfy(isSpace) }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
