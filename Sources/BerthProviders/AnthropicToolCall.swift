import BerthText

/// A tool call in the history of a request, mended where Anthropic would reject it.
///
/// Its name and its input come from a model, so they may be broken in any way. A conversation must
/// go on all the same.
struct AnthropicToolCall {
    /// The id as the client wrote it, or "" if it has none.
    let id: String
    /// The name in the characters that Anthropic accepts.
    let name: String
    /// The input, a JSON object.
    let input: [UInt8]
    /// The breakpoint at its end, or nil.
    var breakpoint: AnthropicBreakpoint?

    /// The longest id in bytes that is read.
    ///
    /// A call and a result with longer ones belong together by their order.
    private static let longestID = 1024
    /// The longest name in bytes.
    private static let longestName = 128

    /// Reads an element of `tool_calls`, whose tool may be a function or a custom tool.
    init(_ call: JSONObject) {
        id = AnthropicToolCall.id(call, "id")
        let tool = call.object("function") ?? call.object("custom")
        let name = AnthropicToolCall.plain(
            tool?.string("name")?.cut(toBytes: AnthropicToolCall.longestName) ?? ""
        )
        self.name = name.isEmpty ? "unknown" : name
        input = AnthropicToolCall.input(tool?.value("arguments") ?? tool?.value("input"))
        breakpoint = AnthropicBreakpoint(call)
    }

    /// The id of a call or of the result of one, or "" if it has none.
    static func id(_ object: JSONObject, _ name: String) -> String {
        object.word(name, most: longestID) ?? ""
    }

    /// Returns another vendor's id or name in the characters that Anthropic accepts.
    static func plain(_ id: String) -> String {
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

    /// Returns a call's arguments as an object.
    ///
    /// OpenAI's format has them as the text of one. Anything else becomes the member `arguments` of
    /// an object, so that the model still reads it.
    private static func input(_ value: ArraySlice<UInt8>?) -> [UInt8] {
        guard let value, value.first != UInt8(ascii: "n") else { return nothing }
        guard value.first == UInt8(ascii: "\"") else { return object(value) ?? wrapped(value) }
        let text = Array(JSONObject.text(value).utf8)
        guard text.contains(where: { $0 > 0x20 }) else { return nothing }
        if let object = object(text[...]) { return object }
        guard let plain = try? JSONObject(wrapped(text[...])) else { return wrapped(value) }
        // Some clients encode the text twice.
        if let twice = plain.string("arguments"), let object = object(Array(twice.utf8)[...]) {
            return object
        }
        return plain.has("arguments") ? plain.bytes : nothing
    }

    private static var nothing: [UInt8] { Array("{}".utf8) }

    /// The object that a text is, without duplicate members, or nil if it is anything else.
    private static func object(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard let object = try? JSONObject(answer: Array(text)),
            object.rest.allSatisfy({ $0 <= 0x20 })
        else { return nil }
        return object.setting([])
    }

    private static func wrapped(_ value: ArraySlice<UInt8>) -> [UInt8] {
        Array(#"{"arguments":"#.utf8) + value + Array("}".utf8)
    }
}
