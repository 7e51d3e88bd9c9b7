import BerthText

/// A content block of a message, whose values are bytes of the request.
struct AnthropicBlock {
    /// The content of a block.
    enum Content {
        /// Text, as a JSON string.
        case text(ArraySlice<UInt8>)
        /// An image: its type, such as `image/png`, and its base64 data.
        case picture(type: String, data: ArraySlice<UInt8>)
        /// The URL of an image, as a JSON string.
        case link(ArraySlice<UInt8>)
    }

    /// The content.
    let content: Content
    /// The breakpoint at its end, or nil.
    var breakpoint: AnthropicBreakpoint?

    private typealias Refusal = AnthropicRequest.Refusal

    /// Makes a block of Berth's own words, which need no escapes.
    init(saying words: StaticString) {
        content = .text(Array("\"\(words)\"".utf8)[...])
    }

    private init(_ content: Content, _ breakpoint: AnthropicBreakpoint?) {
        self.content = content
        self.breakpoint = breakpoint
    }

    /// Whether it is text.
    var isText: Bool { if case .text = content { true } else { false } }

    /// Returns the blocks of a message.
    ///
    /// `place` is its name in errors. A breakpoint of the message is one of its last block.
    ///
    /// Text without a visible character is left out, because Anthropic rejects it and other vendors
    /// accept it.
    static func all(
        of message: JSONObject,
        at place: String
    ) throws(AnthropicRequest.Refusal) -> [AnthropicBlock] {
        guard message.has("content") else { return [] }
        let breakpoint = AnthropicBreakpoint(message)
        if let text = message.quoted("content") {
            return JSONObject.isBlank(text) ? [] : [AnthropicBlock(.text(text), breakpoint)]
        }
        guard let parts = message.elements("content") else {
            throw Refusal(message: "'\(place).content' must be a string or a list of parts")
        }
        var blocks: [AnthropicBlock] = []
        for (index, range) in parts.enumerated() {
            let part = message.object(at: range)
            if let content = try content(part, at: "\(place).content[\(index)]") {
                blocks.append(AnthropicBlock(content, AnthropicBreakpoint(part)))
            }
        }
        if let breakpoint, !blocks.isEmpty { blocks[blocks.count - 1].breakpoint = breakpoint }
        return blocks
    }

    private static func content(
        _ part: JSONObject?,
        at place: String
    ) throws(Refusal) -> Content? {
        switch part?.string("type")?.cut(toBytes: 64) {
        case "text", "input_text", "output_text":
            return try text(part?.quoted("text"), at: place + ".text")
        // Another vendor's reasoning has no signature, without which Anthropic takes none.
        case "thinking", "reasoning", "redacted_thinking": return nil
        case "refusal": return try text(part?.quoted("refusal"), at: place + ".refusal")
        case "image_url":
            guard let url = part?.object("image_url")?.quoted("url") ?? part?.quoted("image_url")
            else {
                throw Refusal(message: "'\(place).image_url.url' must be a string")
            }
            return try picture(url, at: place)
        case let type:
            throw AnthropicRequest.lacks(
                "'\(place)' of type '\(type?.shortened(toBytes: 40) ?? "")'"
            )
        }
    }

    private static func text(
        _ value: ArraySlice<UInt8>?,
        at place: String
    ) throws(Refusal) -> Content? {
        guard let value else {
            throw Refusal(message: "'\(place)' must be a string")
        }
        return JSONObject.isBlank(value) ? nil : .text(value)
    }

    private static func picture(
        _ url: ArraySlice<UInt8>,
        at place: String
    ) throws(Refusal) -> Content {
        let inner = url.dropFirst().dropLast()
        // Only the part before the comma is decoded. The base64 data after it is not touched.
        let comma = inner.prefix(256).firstIndex(of: UInt8(ascii: ","))
        let end = comma ?? inner.startIndex + min(16, inner.count)
        let head = JSONObject.text(url[url.startIndex..<end] + [UInt8(ascii: "\"")]).lowercased()
        if ["http://", "https://"].contains(where: head.hasPrefix) { return .link(url) }
        let fields = head.dropFirst(5).split(separator: ";", omittingEmptySubsequences: false)
        guard head.hasPrefix("data:"), let comma, fields.last == "base64" else {
            throw Refusal(
                message: "'\(place).image_url.url' must be an http address or data:…;base64"
            )
        }
        let type = fields[0] == "image/jpg" ? "image/jpeg" : String(fields[0])
        guard types.contains(type) else {
            throw AnthropicRequest.lacks(
                "'\(place)', an image that is none of \(types.joined(separator: ", "))"
            )
        }
        return .picture(type: type, data: inner[(comma + 1)...])
    }

    private static let types = ["image/jpeg", "image/png", "image/gif", "image/webp"]

    /// Appends the block's JSON without a breakpoint to `out`, up to its last brace.
    ///
    /// - Returns: the range of its text with the quotes, or nil if it is no text.
    @discardableResult
    func open(in out: inout [UInt8]) -> Range<Int>? {
        switch content {
        case .text(let text):
            out += #"{"type":"text","text":"#.utf8
            out += text
            return out.count - text.count..<out.count
        case .picture(let type, let data):
            out +=
                #"{"type":"image","source":{"type":"base64","media_type":"\#(type)","data":""#.utf8
            out += data
            out += #""}"#.utf8
        case .link(let url):
            out += #"{"type":"image","source":{"type":"url","url":"#.utf8
            out += url
            out += "}".utf8
        }
        return nil
    }
}
