import BerthText

/// Parsing of OpenAI's chat-completions format and its dialects (Ollama, llama.cpp, vLLM,
/// OpenRouter, Groq).
///
/// Parsing is lenient. A code may be a number or text, an error may be a bare string, content may
/// be null or missing, and any list may be empty. Source: the documentation of each, as of 2026-11.
enum OpenAIWire {
    /// Returns the words of a completion's first choice; nil if it has no choice.
    static func words(of completion: JSONObject) -> AnswerWords? {
        let choice = completion.elements("choices")?.first.flatMap { completion.object(at: $0) }
        return choice.map { AnswerWords($0.object("message"), of: completion) }
    }

    /// Returns the usage of an answer or a chunk; nil if it is missing or incomplete.
    ///
    /// Groq has it in `x_groq` as well.
    static func usage(in object: JSONObject) -> TokenUsage? {
        let usage = object.object("usage") ?? object.object("x_groq")?.object("usage")
        // An incomplete usage is ignored, so that the answer is estimated instead of being free.
        guard let input = usage?.integer("prompt_tokens"), input >= 0,
            let output = usage?.integer("completion_tokens"), output >= 0
        else { return nil }
        return TokenUsage(input: bounded(input), output: bounded(output), isEstimated: false)
    }

    /// A number of tokens above any model's limit, which keeps a wrong count from overflowing an
    /// account.
    private static let maximumTokens = 100_000_000

    /// Clamps a provider's number of tokens to 0…``maximumTokens``.
    static func bounded(_ tokens: Int) -> Int { min(max(0, tokens), maximumTokens) }
}
