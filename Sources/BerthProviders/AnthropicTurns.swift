import BerthHTTP
import BerthText

/// The translation of chat messages to turns of the Messages API.
///
/// Consecutive messages of the same role become one turn. A tool's result belongs to the user's
/// turn. System messages are collected in a separate member.
struct AnthropicTurns {
    typealias Refusal = AnthropicRequest.Refusal

    private var out: [UInt8]
    private var system: [UInt8] = []
    /// The role of the turn being written; empty before the first.
    private var role = ""

    /// Makes a translation that continues `out`, a body up to the start of the list of messages.
    init(after out: consuming [UInt8]) { self.out = out }

    /// Adds a message.
    ///
    /// `place` is its name in errors.
    mutating func add(_ message: JSONObject, at place: String) throws(Refusal) {
        switch message.string("role") {
        case "system", "developer": try addSystem(message, place)
        case "user": try addBlocks(of: message, place, as: "user")
        case "assistant": try addAnswer(message, place)
        case "tool": try addResult(message, place)
        case let role:
            throw AnthropicRequest.lacks("'\(place).role' '\(role?.shortened(toBytes: 40) ?? "")'")
        }
    }

    /// Returns the complete body.
    consuming func ended() throws(Refusal) -> [UInt8] {
        guard !role.isEmpty else {
            throw Refusal(message: "'messages' has no content besides the system message")
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

    /// Begins a block in a turn of `role`, which continues the current turn if its role is the
    /// same.
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
                throw AnthropicRequest.lacks("an image in the system message '\(place)'")
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

    /// Returns a tool call's arguments as an object.
    ///
    /// OpenAI's format has them as text.
    private static func input(
        of function: JSONObject,
        at place: String
    ) throws(Refusal) -> [UInt8] {
        let text = function.string("arguments") ?? ""
        guard text.utf8.contains(where: { $0 > 0x20 }) else { return Array("{}".utf8) }
        do { return try JSONObject(Array(text.utf8)).bytes } catch {
            throw Refusal(
                message: "'\(place).function.arguments' must be a JSON object: \(error.description)"
            )
        }
    }

    /// Returns another vendor's id in the characters that Anthropic accepts.
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
