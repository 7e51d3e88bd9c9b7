package import BerthHTTP

/// Tokens guessed from bytes, for reservations and where a provider does not count.
///
/// Four bytes a token is OpenAI's rule of thumb for English; other languages cost more, which the
/// provider's own count corrects when the call is settled.
package enum TokenEstimate {
    /// What a chat message costs beside its text: role and separators.
    package static let perMessage = 4
    /// A picture, whatever its size: about a high-detail square of 1,024 pixels.
    package static let perPicture = 800

    /// Tokens of `text`.
    package static func of(_ text: String) -> Int { tokens(bytes: text.utf8.count) }

    /// Tokens of a request: its messages and tools. A picture inside counts as one picture, not as
    /// the bytes of its base64.
    package static func input(of request: JSONObject) -> Int {
        var total = 0
        for message in request.elements("messages") ?? [] {
            total += perMessage + input(request.bytes[message])
        }
        for name in ["tools", "functions", "response_format"] {
            total += request.value(name).map { tokens(bytes: $0.count) } ?? 0
        }
        return total
    }

    /// Tokens of so many bytes of text.
    package static func tokens(bytes: Int) -> Int { (bytes + 3) / 4 }

    private static func input(_ json: ArraySlice<UInt8>) -> Int {
        var (bytes, pictures) = (json.count, 0)
        var index = json.startIndex
        while let quote = json[index...].firstIndex(of: UInt8(ascii: "\"")) {
            index = quote + 1
            guard json[index...].starts(with: "data:".utf8) else { continue }
            let end = json[index...].firstIndex(of: UInt8(ascii: "\"")) ?? json.endIndex
            bytes -= end - index
            pictures += 1
            index = min(end + 1, json.endIndex)
        }
        return tokens(bytes: bytes) + pictures * perPicture
    }
}
