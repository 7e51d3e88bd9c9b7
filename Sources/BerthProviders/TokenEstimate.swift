import BerthHTTP
package import BerthText

/// Estimates of token counts from bytes, for reservations and for providers that report no usage.
///
/// The estimate is four bytes a token, which is OpenAI's rule of thumb for English. Other languages
/// need more tokens. The provider's own count corrects the estimate when the call is settled.
package enum TokenEstimate {
    /// The tokens of a chat message besides its text, for the role and separators.
    package static let perMessage = 4
    /// The tokens of an image of any size.
    ///
    /// Anthropic counts width × height ÷ 750, at most about 1,600 for sides of up to 1,568 pixels.
    /// OpenAI counts at most 1,105 in tiles (gpt-4o), 1,536 in patches (gpt-4.1) and 2,488 for
    /// gpt-4.1-mini. Sources: <https://platform.claude.com/docs/en/build-with-claude/vision>,
    /// <https://platform.openai.com/docs/guides/images-vision>, as of 2026-11.
    package static let perPicture = 1_600

    /// Estimates the tokens of `text`.
    package static func of(_ text: String) -> Int { tokens(bytes: text.utf8.count) }

    /// Estimates the tokens of a request's messages and tools.
    ///
    /// An image counts as ``perPicture``, not by the bytes of its URL or base64 data.
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

    /// Estimates the tokens of a text of `bytes` bytes.
    package static func tokens(bytes: Int) -> Int { (bytes + 3) / 4 }

    private static func input(_ json: ArraySlice<UInt8>) -> Int {
        var (bytes, pictures) = (json.count, 0)
        var index = json.startIndex
        while let quote = json[index...].firstIndex(of: UInt8(ascii: "\"")) {
            index = quote + 1
            guard isPicture(json[..<quote], json[index...]) else { continue }
            let end = json[index...].firstIndex(of: UInt8(ascii: "\"")) ?? json.endIndex
            bytes -= end - index
            pictures += 1
            index = min(end + 1, json.endIndex)
        }
        return tokens(bytes: bytes) + pictures * perPicture
    }

    /// Whether `text` begins with the URL of an image, which is the value of `url` or `image_url`.
    ///
    /// A quote inside a JSON string is escaped, so a text cannot be disguised as an image to be
    /// counted for less.
    private static func isPicture(_ before: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        // Most strings begin with another letter, and a text may have very many of them.
        guard text.first == UInt8(ascii: "d") || text.first == UInt8(ascii: "h"),
            ["data:", "http:", "https:"].contains(where: { text.starts(with: $0.utf8) }),
            let colon = before.lastIndex(where: { !isSpace($0) }),
            before[colon] == UInt8(ascii: ":"),
            let end = before[..<colon].lastIndex(where: { !isSpace($0) })
        else { return false }
        let bytes = before[...end]
        return [#""url""#, #""image_url""#].contains {
            bytes.suffix($0.utf8.count).elementsEqual($0.utf8)
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}
