import BerthConfig
import BerthHTTP
import BerthText

/// Parsing of OpenAI's chat-completions format and its dialects (Ollama, llama.cpp, vLLM,
/// OpenRouter, Groq).
///
/// Parsing is lenient. A code may be a number or text, an error may be a bare string, content may
/// be null or missing, and any list may be empty. Source: the documentation of each, as of 2026-11.
enum OpenAIWire {
    /// An error that a provider sent in an answer.
    struct ErrorBody: Equatable {
        var message: String
        var code: String?
        var type: String?

        /// Whether the account has no credit left, which a retry does not change.
        ///
        /// OpenAI has one code for it. Anthropic has two, one of them for a spending limit set by
        /// the owner.
        var isAccountEmpty: Bool {
            ["insufficient_quota", "billing_error"].contains(type)
                || ["insufficient_quota", "enforced_spend_limit_reached"].contains(code)
        }
    }

    /// Returns the `error` member of an answer, or of `x_groq` in Groq's streams; nil if there is
    /// none.
    ///
    /// `key` is removed from the text, because some providers repeat it.
    static func error(in object: JSONObject, hiding key: Secret?) -> ErrorBody? {
        guard object.has("error") else {
            guard let groq = object.object("x_groq"), groq.has("error") else { return nil }
            return error(in: groq, hiding: key)
        }
        let words = { (text: String) in ForeignWords.harmless(text, hiding: key) }
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

    /// The pieces that one chunk of a stream carries, in order.
    ///
    /// A chunk that says nothing has none.
    static func pieces(of chunk: JSONObject) -> [AnswerPiece] {
        let choices = chunk.elements("choices") ?? []
        let choice = choices.first.flatMap { chunk.object(at: $0) }
        var pieces: [AnswerPiece] = []
        if let choice {
            let delta = choice.object("delta")
            let text = delta?.string("content") ?? ""
            let finish = choice.string("finish_reason")?.cut(toBytes: 64)
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
        } else if let bill = ProviderBill.micros(in: chunk.object("usage")) {
            let unknown = TokenUsage(input: 0, output: 0, isEstimated: true, bill: bill)
            pieces.append(.usage(unknown, details: nil))
        }
        return pieces
    }

    /// Whether a chunk in OpenAI's shape adds anything to one of its choices, apart from their ends.
    static func hasWords(_ chunk: JSONObject) -> Bool {
        (chunk.elements("choices") ?? []).contains { range in
            chunk.object(at: range)?.object("delta")?.hasWords ?? false
        }
    }

    /// Whether a choice says nothing but text, its role and its end.
    private static func isPlain(_ choice: JSONObject, _ delta: JSONObject?) -> Bool {
        let isText = delta?.hasOnly(["role", "content"]) ?? true
        return isText && choice.hasOnly(["index", "delta", "finish_reason"])
            && (choice.integer("index") ?? 0) == 0
    }

    /// Returns the usage of an answer or a chunk; nil if it is missing or incomplete.
    ///
    /// Groq has it in `x_groq` as well. xAI and Google leave hidden reasoning out of
    /// `completion_tokens` and count it in `total_tokens`.
    static func usage(in object: JSONObject) -> TokenUsage? {
        let usage = object.object("usage") ?? object.object("x_groq")?.object("usage")
        // An incomplete usage is ignored, so that the answer is estimated instead of being free.
        guard let usage, let input = usage.integer("prompt_tokens"), input >= 0,
            let output = usage.integer("completion_tokens"), output >= 0
        else { return nil }
        let rest = bounded(usage.integer("total_tokens") ?? 0) - bounded(input)
        return TokenUsage(
            input: bounded(input),
            output: max(bounded(output), rest),
            isEstimated: false,
            bill: ProviderBill.micros(in: usage)
        )
    }

    /// Clamps a provider's number of tokens to 0…``TokenUsage/most``.
    static func bounded(_ tokens: Int) -> Int { min(max(0, tokens), TokenUsage.most) }
}
