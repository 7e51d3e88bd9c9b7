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

    /// Returns the `usage` object of an answer or a chunk; nil if it has none.
    ///
    /// Groq has it in `x_groq` as well, and Moonshot in the choice. Gateways pass Google's
    /// `usageMetadata` on.
    static func usageObject(of object: JSONObject) -> JSONObject? {
        guard object.mayHave("usage") else { return nil }
        if let usage = object.object("usage") { return usage }
        if let usage = object.object("x_groq")?.object("usage") { return usage }
        if let usage = object.object("usageMetadata") { return usage }
        let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
        return choice?.object("usage")
    }

    /// Returns the usage of an answer or a chunk; nil if it has none with a number of tokens.
    static func usage(in object: JSONObject) -> TokenUsage? {
        usageObject(of: object).flatMap { usage($0) }
    }

    /// Returns the tokens that a `usage` object counts; nil if it counts none.
    ///
    /// The total decides what a count leaves out. xAI and Google count hidden reasoning beside
    /// `completion_tokens`, and some gateways count cached tokens beside `prompt_tokens`. A part
    /// that is larger than the whole stands beside it too. Anything else that only the total has is
    /// output. A missing number is the rest of the total, or else 0.
    static func usage(_ usage: JSONObject) -> TokenUsage? {
        func count(_ kind: UsageMember.Kind) -> Int? { UsageMember.count(kind, in: usage) }
        let (said, total) = ((input: count(.input), output: count(.output)), count(.total) ?? 0)
        guard said.input != nil || said.output != nil else { return nil }
        let known = said.input.map { bounded($0 + (count(.beside) ?? 0)) }
        var input = known ?? max(0, total - (said.output ?? 0))
        var output = said.output ?? max(0, total - input)
        guard input > 0 || output > 0 else { return nil }
        let cached = CachedTokens(
            read: count(.read) ?? 0,
            written: count(.written) ?? 0,
            writtenForHour: count(.writtenForHour) ?? 0
        )
        let reasoning = count(.reasoning) ?? 0
        var rest = total - input - output
        // Anthropic counts the three parts of the prompt apart.
        let isApart =
            rest != 0 && !usage.has("prompt_tokens") && usage.has("cache_read_input_tokens")
        if isApart || cached.read > input || cached.written > input {
            input += cached.all
            rest -= cached.all
        } else if rest > 0, cached.all > 0, rest != reasoning,
            [cached.all, cached.all + reasoning].contains(rest)
        {
            input += cached.all
            rest -= cached.all
        }
        output += reasoning > output ? max(reasoning, rest) : max(0, rest)
        return TokenUsage(
            input: input,
            output: output,
            isEstimated: false,
            bill: ProviderBill.micros(in: usage),
            cached: cached
        )
    }

    /// Returns the bytes of everything that the choices of an answer or a chunk say: texts,
    /// reasoning, refusals, and the names and arguments of tool calls.
    ///
    /// It is for estimates. Escapes count as they stand.
    static func saidBytes(in object: JSONObject) -> Int {
        var bytes = 0
        for range in object.elements("choices") ?? [] {
            let choice = object.object(at: range)
            guard let message = choice?.object("delta") ?? choice?.object("message") else {
                continue
            }
            for name in ["content", "refusal", "reasoning_content", "reasoning"] {
                bytes += message.has(name) ? message.value(name)?.dropFirst(2).count ?? 0 : 0
            }
            bytes += callBytes(of: message.object("function_call"))
            for range in message.elements("tool_calls") ?? [] {
                bytes += callBytes(of: message.object(at: range)?.object("function"))
            }
        }
        return bytes
    }

    private static func callBytes(of function: JSONObject?) -> Int {
        ["name", "arguments"].reduce(0) { bytes, name in
            bytes + (function?.value(name)?.dropFirst(2).count ?? 0)
        }
    }

    /// Clamps a provider's number of tokens to 0…``TokenUsage/most``.
    static func bounded(_ tokens: Int) -> Int { min(max(0, tokens), TokenUsage.most) }
}
