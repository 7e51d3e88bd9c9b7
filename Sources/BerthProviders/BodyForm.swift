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

    /// Tells the form by a body's start, without white space and byte order mark before it.
    ///
    /// - Returns: nil while more bytes are needed.
    static func of(_ start: ArraySlice<UInt8>) -> BodyForm? {
        guard let first = start.first else { return nil }
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): return .json
        case UInt8(ascii: "<"): return .page
        default: break
        }
        if fields.contains(where: { start.starts(with: $0) }) { return .events }
        return fields.contains { $0.starts(with: start) } ? nil : .text
    }

    /// Returns the body without white space and byte order mark at its start.
    static func trimmed(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var body = body.drop { isSpace($0) }
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3).drop { isSpace($0) } }
        return body
    }

    /// Whether a text is white space alone.
    static func isBlank(_ text: [UInt8]) -> Bool { text.allSatisfy(isSpace) }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
