import BerthHTTP
import BerthText

/// Chat messages as the Messages API's turns: consecutive ones of a side are one turn, a tool's
/// answer is the user's, system messages stand apart.
struct AnthropicTurns {
    typealias Refusal = AnthropicRequest.Refusal

    private var out: [UInt8]
    private var system: [UInt8] = []
    /// Whose turn is being written; empty before the first.
    private var role = ""

    /// Continues `out`, a body that ends with the beginning of the list of messages.
    init(after out: consuming [UInt8]) { self.out = out }

    /// Adds a message, which an error calls `place`.
    mutating func add(_ message: JSONObject, at place: String) throws(Refusal) {
        switch message.string("role") {
        case "system", "developer": try addSystem(message, place)
        case "user": try addBlocks(of: message, place, as: "user")
        case "assistant": try addAnswer(message, place)
        case "tool": try addResult(message, place)
        case let role:
            throw AnthropicRequest.lacks("'\(place).role' '\(role?.prefix(40) ?? "")'")
        }
    }

    /// The whole body.
    consuming func ended() throws(Refusal) -> [UInt8] {
        guard !role.isEmpty else {
            throw Refusal(message: "'messages' says nothing beside the system's instruction")
        }
        out += "]}]".utf8
        if !system.isEmpty {
            out += #","system":["#.utf8
            out += system
            out += "]".utf8
        }
        out += "}".utf8
        return out
    }

    /// Begins a block of a side's turn: in the same turn where it is that side's.
    private mutating func begin(_ role: String) {
        guard role != self.role else {
            out += ",".utf8
            return
        }
        if !self.role.isEmpty { out += "]},".utf8 }
        out += #"{"role":"\#(role)","content":["#.utf8
        self.role = role
    }

    private mutating func addSystem(_ message: JSONObject, _ place: String) throws(Refusal) {
        for block in try AnthropicBlock.all(of: message, at: place) {
            guard case .text = block else {
                throw AnthropicRequest.lacks("a picture in '\(place)', a system message")
            }
            if !system.isEmpty { system += ",".utf8 }
            block.write(to: &system)
        }
    }

    private mutating func addBlocks(
        of message: JSONObject,
        _ place: String,
        as role: String
    ) throws(Refusal) {
        for block in try AnthropicBlock.all(of: message, at: place) {
            begin(role)
            block.write(to: &out)
        }
    }

    private mutating func addAnswer(_ message: JSONObject, _ place: String) throws(Refusal) {
        if message.has("function_call") {
            throw AnthropicRequest.lacks("'\(place).function_call': use 'tool_calls'")
        }
        try addBlocks(of: message, place, as: "assistant")
        for (index, range) in (message.elements("tool_calls") ?? []).enumerated() {
            let place = "\(place).tool_calls[\(index)]"
            guard let call = message.object(at: range), let id = call.string("id"),
                let function = call.object("function"), let name = function.quoted("name")
            else {
                throw Refusal(message: "'\(place)' must be an object with 'id' and 'function'")
            }
            let input = try AnthropicTurns.input(of: function, at: place)
            begin("assistant")
            out += #"{"type":"tool_use","id":"\#(AnthropicTurns.toolID(id))","name":"#.utf8
            out += name
            out += #","input":"#.utf8
            out += input
            out += "}".utf8
        }
    }

    private mutating func addResult(_ message: JSONObject, _ place: String) throws(Refusal) {
        guard let id = message.string("tool_call_id") else {
            throw Refusal(message: "'\(place).tool_call_id' is missing")
        }
        let blocks = try AnthropicBlock.all(of: message, at: place)
        begin("user")
        out += #"{"type":"tool_result","tool_use_id":"\#(AnthropicTurns.toolID(id))""#.utf8
        for (index, block) in blocks.enumerated() {
            out += (index == 0 ? #","content":["# : ",").utf8
            block.write(to: &out)
        }
        out += (blocks.isEmpty ? "}" : "]}").utf8
    }

    /// A call's arguments, which OpenAI has as text, as the object that they are.
    private static func input(
        of function: JSONObject,
        at place: String
    ) throws(Refusal) -> [UInt8] {
        let text = function.string("arguments") ?? ""
        guard text.contains(where: { !$0.isWhitespace }) else { return Array("{}".utf8) }
        do { return try JSONObject(Array(text.utf8)).bytes } catch {
            throw Refusal(
                message: "'\(place).function.arguments' must be a JSON object: \(error.description)"
            )
        }
    }

    /// An id of another vendor's in the letters that Anthropic takes.
    private static func toolID(_ id: String) -> String {
        String(
            String.UnicodeScalarView(
                id.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_", "-": scalar
                    default: "_"
                    }
                }
            )
        )
    }
}

/// A part of a message; what it says are bytes of the request.
enum AnthropicBlock {
    /// A JSON string.
    case text(ArraySlice<UInt8>)
    /// A picture's type, as `image/png`, and its base64.
    case picture(type: String, data: ArraySlice<UInt8>)
    /// A picture's address, a JSON string.
    case link(ArraySlice<UInt8>)

    private typealias Refusal = AnthropicRequest.Refusal

    /// The parts of a message, which an error calls `place`.
    ///
    /// Text without a visible character is left out: Anthropic refuses it, others do not mind.
    static func all(
        of message: JSONObject,
        at place: String
    ) throws(AnthropicRequest.Refusal) -> [AnthropicBlock] {
        guard message.has("content") else { return [] }
        if let text = message.quoted("content") { return isBlank(text) ? [] : [.text(text)] }
        guard let parts = message.elements("content") else {
            throw Refusal(message: "'\(place).content' must be a string or a list of parts")
        }
        var blocks: [AnthropicBlock] = []
        for (index, range) in parts.enumerated() {
            let part = message.object(at: range)
            if let block = try block(part, at: "\(place).content[\(index)]") {
                blocks.append(block)
            }
        }
        return blocks
    }

    private static func block(
        _ part: JSONObject?,
        at place: String
    ) throws(Refusal) -> AnthropicBlock? {
        switch part?.string("type") {
        case "text": return try text(part?.quoted("text"), at: place + ".text")
        case "refusal": return try text(part?.quoted("refusal"), at: place + ".refusal")
        case "image_url":
            guard let url = part?.object("image_url")?.quoted("url") ?? part?.quoted("image_url")
            else {
                throw Refusal(message: "'\(place).image_url.url' must be a string")
            }
            return try picture(url, at: place)
        case let type:
            throw AnthropicRequest.lacks("'\(place)' of type '\(type?.prefix(40) ?? "")'")
        }
    }

    private static func text(
        _ value: ArraySlice<UInt8>?,
        at place: String
    ) throws(Refusal) -> AnthropicBlock? {
        guard let value else {
            throw Refusal(message: "'\(place)' must be a string")
        }
        return isBlank(value) ? nil : .text(value)
    }

    private static func picture(
        _ url: ArraySlice<UInt8>,
        at place: String
    ) throws(Refusal) -> AnthropicBlock {
        let inner = url.dropFirst().dropLast()
        // Decoded up to the comma: the base64 behind it stays as it is.
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
                "'\(place)', a picture that is none of \(types.joined(separator: ", "))"
            )
        }
        return .picture(type: type, data: inner[(comma + 1)...])
    }

    private static let types = ["image/jpeg", "image/png", "image/gif", "image/webp"]

    /// Whether a JSON string shows nothing.
    private static func isBlank(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text.dropFirst().dropLast()
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: " ") { continue }
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst(),
                "nrt".utf8.contains(escape)
            else { return false }
        }
        return true
    }

    /// Adds the block's JSON.
    func write(to out: inout [UInt8]) {
        switch self {
        case .text(let text):
            out += #"{"type":"text","text":"#.utf8
            out += text
            out += "}".utf8
        case .picture(let type, let data):
            out +=
                #"{"type":"image","source":{"type":"base64","media_type":"\#(type)","data":""#.utf8
            out += data
            out += #""}}"#.utf8
        case .link(let url):
            out += #"{"type":"image","source":{"type":"url","url":"#.utf8
            out += url
            out += "}}".utf8
        }
    }
}
