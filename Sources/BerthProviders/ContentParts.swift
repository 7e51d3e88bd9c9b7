import BerthText

/// A message's content that is no text: a list of parts, as Mistral's reasoning models send it, or one
/// part.
///
/// A value of any other type has no words.
struct ContentParts {
    private var text: [UInt8] = []
    private var thinking: [UInt8] = []
    private var refusal: [UInt8] = []
    private var hasOthers = false
    private let message: JSONObject

    /// Reads the member `content` of a message.
    init(of message: JSONObject) {
        self.message = message
        let whole = message.value("content").map { [$0.indices] } ?? []
        for range in message.elements("content") ?? whole {
            guard let part = message.object(at: range) else {
                let value = message.bytes[range]
                if value.first == UInt8(ascii: "\"") { text += value.dropFirst().dropLast() }
                continue
            }
            add(part)
        }
    }

    private mutating func add(_ part: JSONObject, depth: Int = 0) {
        switch part.string("type")?.cut(toBytes: 64) ?? "text" {
        case "thinking", "reasoning":
            for name in ["thinking", "reasoning", "text"] {
                if let words = part.quoted(name) { thinking += words.dropFirst().dropLast() }
                for range in part.elements(name) ?? [] {
                    let inner = part.object(at: range)?.quoted("text")
                    thinking += inner?.dropFirst().dropLast() ?? []
                }
            }
        case "refusal": refusal += part.quoted("refusal")?.dropFirst().dropLast() ?? []
        case "text", "output_text":
            if let words = part.quoted("text") {
                text += words.dropFirst().dropLast()
            } else if let value = part.object("text")?.quoted("value") {
                text += value.dropFirst().dropLast()
            }
        default: hasOthers = true
        }
    }

    /// The members that say the same in OpenAI's form.
    ///
    /// Parts that have no such form stay as they came, in `content_parts`.
    var members: [(String, [UInt8]?)] {
        let quote = UInt8(ascii: "\"")
        func quoted(_ bytes: [UInt8]) -> [UInt8] { [quote] + bytes + [quote] }
        var members: [(String, [UInt8]?)] = [("content", quoted(text))]
        if !thinking.isEmpty {
            let known = message.quoted("reasoning_content")?.dropFirst().dropLast() ?? []
            members.append(("reasoning_content", quoted(known + thinking)))
        }
        if !refusal.isEmpty { members.append(("refusal", quoted(refusal))) }
        if hasOthers { members.append(("content_parts", message.value("content").map(Array.init))) }
        return members
    }
}

/// The tool calls of a message or a chunk.
enum ToolCallList {
    /// Returns the list in OpenAI's form, or nil if it has that form.
    ///
    /// Each call of a chunk has an index, and arguments are text.
    static func mended(_ message: JSONObject, isDelta: Bool) -> [UInt8]? {
        guard let calls = message.elements("tool_calls") else { return nil }
        var (list, isMended) = ([[UInt8]](), false)
        for (index, range) in calls.enumerated() {
            guard let call = message.object(at: range) else { return nil }
            var changes: [(String, [UInt8]?)] = []
            if isDelta, call.integer("index") == nil {
                changes.append(("index", Array("\(index)".utf8)))
            }
            if let function = call.object("function"), let arguments = function.value("arguments"),
                arguments.first == UInt8(ascii: "{")
            {
                let text = JSON.quote(String(decoding: arguments, as: UTF8.self))
                changes.append(("function", function.setting([("arguments", text)])))
            }
            isMended = isMended || !changes.isEmpty
            list.append(changes.isEmpty ? Array(call.text) : call.setting(changes))
        }
        guard isMended else { return nil }
        return Array("[".utf8) + list.joined(separator: [UInt8(ascii: ",")]) + Array("]".utf8)
    }
}
