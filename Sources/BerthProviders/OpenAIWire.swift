import BerthConfig
import BerthHTTP
import BerthText

/// OpenAI's chat-completions shapes and their dialects (Ollama, llama.cpp, vLLM, OpenRouter, Groq).
///
/// They are read tolerantly: a code may be a number or text, an error may be a bare string, content
/// may be null or missing, and no list is indexed blindly. Source: docs of each, as of 2026-11.
enum OpenAIWire {
    /// An error that a provider put into an answer.
    struct ErrorBody: Equatable {
        var message: String
        var code: String?
        var type: String?

        /// Whether it means that the account is empty, which no retry mends: OpenAI's word for it
        /// and Anthropic's two, the second for a limit that its owner has set.
        var isAccountEmpty: Bool {
            ["insufficient_quota", "billing_error"].contains(type)
                || ["insufficient_quota", "enforced_spend_limit_reached"].contains(code)
        }
    }

    /// The `error` member of an answer, in Groq's streams that of `x_groq`; nil when there is none.
    ///
    /// `key` is taken out of what the provider says: some repeat it.
    static func error(in object: JSONObject, hiding key: Secret?) -> ErrorBody? {
        guard object.has("error") else {
            guard let groq = object.object("x_groq"), groq.has("error") else { return nil }
            return error(in: groq, hiding: key)
        }
        let words = { (text: String) in bounded(hidden(key, in: text)) }
        if let text = object.string("error") { return ErrorBody(message: words(text)) }
        guard let error = object.object("error") else {
            return ErrorBody(message: "an error without a message")
        }
        return ErrorBody(
            message: words(error.string("message") ?? "an error without a message"),
            code: error.string("code").map(words) ?? error.integer("code").map(String.init)
                ?? error.object("details")?.string("error_code").map(words),
            type: error.string("type").map(words)
        )
    }

    /// The pieces that one chunk of a stream carries, in order. A chunk that says nothing has none.
    static func pieces(of chunk: JSONObject) -> [AnswerPiece] {
        let choices = chunk.elements("choices") ?? []
        let choice = choices.first.flatMap { chunk.object(at: $0) }
        var pieces: [AnswerPiece] = []
        if let choice {
            let delta = choice.object("delta")
            let (text, finish) = (delta?.string("content") ?? "", choice.string("finish_reason"))
            let isPlain = choices.count == 1 && isPlain(choice, delta)
            if isPlain {
                if !text.isEmpty { pieces.append(.text(text)) }
                if let finish { pieces.append(.finish(finish)) }
            } else {
                let raw = RawPiece(chunk: chunk, text: text, finish: finish)
                let isCall = delta?.has("tool_calls") ?? false
                pieces.append(isCall ? .toolCall(raw) : .raw(raw))
            }
        }
        if let tokens = usage(in: chunk) {
            let said = chunk.object("usage") == nil ? chunk.object("x_groq")?.value("usage") : nil
            let details = said ?? chunk.value("usage")
            pieces.append(.usage(tokens, details: details.map(Array.init)))
        }
        return pieces
    }

    /// Whether a choice says nothing but text, its role and its end.
    private static func isPlain(_ choice: JSONObject, _ delta: JSONObject?) -> Bool {
        let isText = delta?.hasOnly(["role", "content"]) ?? true
        return isText && choice.hasOnly(["index", "delta", "finish_reason"])
            && (choice.integer("index") ?? 0) == 0
    }

    /// The text of a whole answer's first choice.
    static func text(of completion: JSONObject) -> String {
        let choice = completion.elements("choices")?.first.flatMap { completion.object(at: $0) }
        return choice?.object("message")?.string("content") ?? ""
    }

    /// The tokens an answer or a chunk names; Groq has them in `x_groq` as well.
    static func usage(in object: JSONObject) -> TokenUsage? {
        let usage = object.object("usage") ?? object.object("x_groq")?.object("usage")
        // Half of a usage is none: an answer that is not counted must be estimated, not free.
        guard let input = usage?.integer("prompt_tokens"), input >= 0,
            let output = usage?.integer("completion_tokens"), output >= 0
        else { return nil }
        return TokenUsage(input: bounded(input), output: bounded(output), isEstimated: false)
    }

    /// More tokens than any model takes: a provider's nonsense must not overflow an account.
    private static let maximumTokens = 100_000_000

    /// A provider's number of tokens.
    static func bounded(_ tokens: Int) -> Int { min(max(0, tokens), maximumTokens) }

    /// A provider's words, short enough to pass on.
    private static func bounded(_ text: String) -> String {
        text.utf8.count <= 1000 ? text : String(text.unicodeScalars.prefix(250)) + "…"
    }

    private static func hidden(_ key: Secret?, in text: String) -> String {
        guard let key = key?.reveal(), !key.isEmpty else { return text }
        return text.replacing(key, with: "***")
    }
}
