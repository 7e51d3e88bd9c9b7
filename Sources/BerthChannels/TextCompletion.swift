import BerthLoop
import BerthMemory
import BerthText
import BerthWork

/// The translation of `/v1/completions` to chat completions and back.
///
/// The prompt is a user's message, so every chat model answers it. A model answers and does not
/// continue the prompt.
///
/// Source: <https://platform.openai.com/docs/api-reference/completions/create>, as of 2026-11.
enum TextCompletion {
    typealias Refusal = ChatRequest.Refusal

    /// The longest answer of a request without `max_tokens`, in tokens, which is OpenAI's.
    static let usualTokens = 16

    /// The bytes that a translation may add to a request.
    static let added = ByteCount.kibibytes(1)

    /// Members without a counterpart in a chat, and the value with which they ask for nothing.
    private static let untranslatable = [
        ("suffix", #""""#), ("echo", "false"), ("best_of", "1"), ("logprobs", "null"),
    ]

    /// Members of chat completions alone.
    private static let ofChats = ["messages", "tools", "functions", "max_completion_tokens"]

    /// The request for a chat completion that a request for a text completion stands for.
    ///
    /// - Throws: ``ChatRequest/Refusal`` with words for the client.
    static func chat(of request: JSONObject) throws(Refusal) -> [UInt8] {
        for name in ofChats where request.has(name) {
            throw Refusal("'\(name)' is a member of /v1/chat/completions", parameter: name)
        }
        for (name, nothing) in untranslatable where request.has(name) {
            guard request.value(name)?.elementsEqual(nothing.utf8) == true else {
                throw Refusal(
                    "'\(name)' is not possible, because chat models answer this request: leave it "
                        + "out",
                    parameter: name
                )
            }
        }
        let head = Array(#"[{"role":"user","content":"#.utf8)
        var changes: [(String, [UInt8]?)] = untranslatable.map { ($0.0, nil) }
        changes += [
            ("prompt", nil), ("messages", head + (try prompt(of: request)) + Array("}]".utf8)),
        ]
        if !request.has("max_tokens") {
            changes.append(("max_tokens", Array("\(usualTokens)".utf8)))
        }
        return request.setting(changes)
    }

    /// The prompt as a JSON string.
    private static func prompt(of request: JSONObject) throws(Refusal) -> ArraySlice<UInt8> {
        let value: ArraySlice<UInt8>?
        if let list = request.elements("prompt") {
            guard list.count == 1 else {
                throw Refusal(
                    "'prompt' must be one text: send a request for each prompt",
                    parameter: "prompt"
                )
            }
            value = request.bytes[list[0]]
        } else {
            value = request.value("prompt")
        }
        guard let value, value.first == UInt8(ascii: "\""), !JSONObject.isBlank(value) else {
            throw Refusal(
                "'prompt' must be a text that is not empty, or a list of one text",
                parameter: "prompt"
            )
        }
        return value
    }

    /// A `chat.completion` as a whole `text_completion`.
    static func whole(_ chat: [UInt8]) -> [UInt8] {
        translated(chat, dropsEmpty: false) ?? chat
    }

    /// A `chat.completion.chunk` as a chunk of a `text_completion`; nil if it has no text, no end and
    /// no usage.
    static func chunk(_ chat: [UInt8]) -> [UInt8]? { translated(chat, dropsEmpty: true) }

    private static func translated(_ chat: [UInt8], dropsEmpty: Bool) -> [UInt8]? {
        guard let object = try? JSONObject(answer: chat) else { return nil }
        let choices = (object.elements("choices") ?? []).compactMap { object.object(at: $0) }
        let texts = choices.compactMap { choice(of: $0, dropsEmpty: dropsEmpty) }
        guard !texts.isEmpty || choices.isEmpty else { return nil }
        let list = Array(texts.joined(separator: [UInt8(ascii: ",")]))
        return object.setting([
            "object": JSON.quote("text_completion"),
            "choices": [UInt8(ascii: "[")] + list + [UInt8(ascii: "]")],
        ])
    }

    private static func choice(of chat: JSONObject, dropsEmpty: Bool) -> [UInt8]? {
        let said = chat.object("delta") ?? chat.object("message")
        let text = said.flatMap { $0.isString("content") ? $0.value("content") : nil }
        let finish = chat.has("finish_reason") ? chat.value("finish_reason") : nil
        if dropsEmpty, text.map({ $0.count <= 2 }) ?? true, finish == nil { return nil }
        var json = Array(#"{"text":"#.utf8)
        json += text ?? Array(#""""#.utf8)[...]
        json += Array(#","index":\#(chat.integer("index") ?? 0),"logprobs":null"#.utf8)
        json += Array(#","finish_reason":"#.utf8)
        json += finish ?? Array("null".utf8)[...]
        return json + [UInt8(ascii: "}")]
    }
}

extension ChatRequest.Form {
    /// The memory that a request with a body of `size` needs, the body included.
    func need(of size: ByteCount) -> ByteCount {
        guard self == .text else { return Ask.need(of: size) }
        // The translation is held beside the body.
        let translated = size + TextCompletion.added
        return Ask.need(of: translated) + size
    }
}
