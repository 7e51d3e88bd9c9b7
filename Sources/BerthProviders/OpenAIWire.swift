import BerthText

/// Parsing of OpenAI's chat-completions format and its dialects (Ollama, llama.cpp, vLLM,
/// OpenRouter, Groq).
///
/// Parsing is lenient. A code may be a number or text, an error may be a bare string, content may
/// be null or missing, and any list may be empty. Source: the documentation of each, as of 2026-11.
enum OpenAIWire {
    /// Whether a chunk in OpenAI's shape adds anything to one of its choices, apart from their ends.
    static func hasWords(_ chunk: JSONObject) -> Bool {
        (chunk.elements("choices") ?? []).contains { range in
            chunk.object(at: range)?.object("delta")?.hasWords ?? false
        }
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
