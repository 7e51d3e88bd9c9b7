import BerthText

/// The table of the vendors' words for the errors that matter.
///
/// A row matches if all that it names match: the HTTP status, one of the error's words (its code,
/// type, status or reason, as they are), and a phrase of its message in small letters. The first
/// row that matches counts, so a row with a status alone stands after those with words.
enum FaultTable {
    /// One row.
    struct Row: Sendable {
        let kind: FaultKind
        /// The vendors that use these words.
        let vendor: String
        /// The page that documents them, as of 2026-11.
        let source: String
        let status: Int?
        let word: String?
        let phrase: String?

        /// Whether an error has everything that the row names.
        func matches(_ status: Int, _ words: [String], _ message: [UInt8]) -> Bool {
            (self.status.map { $0 == status } ?? true)
                && (word.map { words.contains($0) } ?? true)
                && (phrase.map { message.offset(of: $0) != nil } ?? true)
        }
    }

    /// Finds the class of an error.
    ///
    /// - Parameters:
    ///   - status: the HTTP status, or the code in a stream's error if it is a status.
    ///   - words: the error's code, type, status and reason.
    ///   - message: the error's message.
    /// - Returns: the class, or nil if no row matches.
    static func kind(status: Int, words: [String], message: String) -> FaultKind? {
        let small = message.utf8.smallLetters
        return rows.first { $0.matches(status, words, small) }?.kind
    }

    private static func row(
        _ kind: FaultKind,
        _ vendor: String,
        _ source: String,
        status: Int? = nil,
        word: String? = nil,
        phrase: String? = nil
    ) -> Row {
        Row(
            kind: kind,
            vendor: vendor,
            source: source,
            status: status,
            word: word,
            phrase: phrase
        )
    }

    /// All rows, in their order.
    static let rows: [Row] =
        contextTooLong + contentPolicy + noCredit + keyRefused + modelUnknown + rateLimited
        + overloaded

    private static let contextTooLong: [Row] = [
        row(.contextTooLong, "OpenAI", Page.openAI, word: "context_length_exceeded"),
        row(.contextTooLong, "OpenAI", Page.openAI, word: "string_above_max_length"),
        row(
            .contextTooLong,
            "OpenAI, vLLM, DeepSeek, OpenRouter",
            Page.openAI,
            phrase: "maximum context length is"
        ),
        row(.contextTooLong, "Azure", Page.azure, word: "context_length_exceeded"),
        row(.contextTooLong, "Anthropic, Fireworks", Page.anthropic, phrase: "prompt is too long"),
        row(.contextTooLong, "Anthropic", Page.anthropic, phrase: "exceed context limit"),
        row(.contextTooLong, "Anthropic", Page.anthropic, word: "request_too_large"),
        row(.contextTooLong, "Google", Page.google, phrase: "input token count"),
        row(.contextTooLong, "Mistral", Page.mistral, phrase: "too large for model with"),
        row(.contextTooLong, "xAI", Page.xAI, phrase: "maximum prompt length is"),
        row(.contextTooLong, "Groq", Page.groq, status: 413, phrase: "request too large for model"),
        row(.contextTooLong, "Groq", Page.groq, phrase: "reduce the length of the messages"),
        row(
            .contextTooLong,
            "Together",
            Page.together,
            phrase: "`inputs` tokens + `max_new_tokens` must be"
        ),
        row(.contextTooLong, "Fireworks", Page.fireworks, phrase: "model maximum context length"),
        row(.contextTooLong, "Ollama", Page.ollama, phrase: "exceeds the context length"),
        row(.contextTooLong, "llama.cpp", Page.llamaCpp, word: "exceed_context_size_error"),
        row(
            .contextTooLong,
            "llama.cpp, Ollama",
            Page.llamaCpp,
            phrase: "exceeds the available context size"
        ),
        row(.contextTooLong, "vLLM", Page.vLLM, phrase: "longer than the maximum model length"),
        row(.contextTooLong, "LM Studio", Page.lmStudio, phrase: "with context length of only"),
        row(.contextTooLong, "LM Studio", Page.lmStudio, phrase: "greater than the context length"),
    ]

    private static let contentPolicy: [Row] = [
        row(.contentPolicy, "OpenAI, fal", Page.openAI, word: "content_policy_violation"),
        row(.contentPolicy, "OpenAI", Page.openAI, word: "moderation_blocked"),
        row(.contentPolicy, "OpenAI", Page.openAI, word: "invalid_prompt", phrase: "flagged"),
        row(.contentPolicy, "Azure", Page.azureFilter, word: "content_filter"),
        row(.contentPolicy, "Azure", Page.azureFilter, word: "ResponsibleAIPolicyViolation"),
        row(.contentPolicy, "Anthropic", Page.anthropic, phrase: "content filtering policy"),
        row(.contentPolicy, "Google", Page.google, phrase: "prohibited_content"),
        row(.contentPolicy, "Google", Page.google, phrase: "blocked due to safety"),
        row(.contentPolicy, "Mistral", Page.mistral, word: "content_moderation"),
        row(.contentPolicy, "DeepSeek", Page.deepSeek, phrase: "content exists risk"),
        row(.contentPolicy, "xAI", Page.xAI, phrase: "violates usage guidelines"),
        row(.contentPolicy, "Groq", Page.groq, word: "content_blocked"),
        row(.contentPolicy, "OpenRouter", Page.openRouter, status: 403, phrase: "moderation"),
        row(.contentPolicy, "OpenRouter", Page.openRouter, status: 403, phrase: "flagged"),
    ]

    private static let noCredit: [Row] = [
        row(.noCredit, "OpenAI, Azure", Page.openAI, word: "insufficient_quota"),
        row(.noCredit, "OpenAI", Page.openAI, word: "billing_hard_limit_reached"),
        row(.noCredit, "OpenAI", Page.openAI, word: "billing_not_active"),
        row(.noCredit, "Anthropic", Page.anthropic, word: "billing_error"),
        row(.noCredit, "Anthropic", Page.anthropic, word: "enforced_spend_limit_reached"),
        row(.noCredit, "Anthropic", Page.anthropic, phrase: "credit balance is too low"),
        row(.noCredit, "Google", Page.google, word: "BILLING_DISABLED"),
        row(.noCredit, "Google", Page.google, phrase: "prepayment credits are depleted"),
        row(.noCredit, "DeepSeek", Page.deepSeek, phrase: "insufficient balance"),
        row(.noCredit, "xAI", Page.xAI, phrase: "used all available credits"),
        row(.noCredit, "xAI", Page.xAI, phrase: "monthly spending limit"),
        row(.noCredit, "xAI", Page.xAI, phrase: "any credits"),
        row(.noCredit, "Groq", Page.groq, word: "blocked_api_access"),
        row(.noCredit, "OpenRouter", Page.openRouter, phrase: "insufficient credits"),
        row(.noCredit, "Together", Page.together, phrase: "credit limit exceeded"),
        row(.noCredit, "Fireworks", Page.fireworks, phrase: "account is suspended"),
        row(.noCredit, "fal", Page.fal, phrase: "exhausted balance"),
        row(.noCredit, "OpenRouter, Together, DeepSeek", Page.openRouter, status: 402),
    ]

    private static let keyRefused: [Row] = [
        row(.keyRefused, "OpenAI, Together", Page.openAI, word: "invalid_api_key"),
        row(.keyRefused, "Anthropic, llama.cpp", Page.anthropic, word: "authentication_error"),
        row(.keyRefused, "Google", Page.google, word: "API_KEY_INVALID"),
        row(.keyRefused, "Google", Page.google, phrase: "api key not valid"),
        row(.keyRefused, "Google", Page.google, word: "UNAUTHENTICATED"),
        row(.keyRefused, "xAI", Page.xAI, status: 400, phrase: "incorrect api key"),
        row(.keyRefused, "DeepSeek", Page.deepSeek, phrase: "authentication fails"),
        row(.keyRefused, "OpenRouter", Page.openRouter, phrase: "no auth credentials found"),
        row(.keyRefused, "Fireworks", Page.fireworks, word: "UNAUTHORIZED"),
        row(.keyRefused, "all of them", Page.openAI, status: 401),
    ]

    private static let modelUnknown: [Row] = [
        row(.modelUnknown, "OpenAI, Groq, LM Studio", Page.openAI, word: "model_not_found"),
        row(
            .modelUnknown,
            "OpenAI, vLLM, Groq",
            Page.openAI,
            status: 404,
            phrase: "does not exist"
        ),
        row(.modelUnknown, "Azure", Page.azure, word: "DeploymentNotFound"),
        row(.modelUnknown, "Azure", Page.azure, word: "OperationNotSupported"),
        row(.modelUnknown, "Anthropic", Page.anthropic, status: 404, word: "not_found_error"),
        row(.modelUnknown, "Google", Page.google, status: 404, word: "NOT_FOUND"),
        row(.modelUnknown, "Mistral", Page.mistral, word: "invalid_model"),
        row(.modelUnknown, "Mistral", Page.mistral, phrase: "invalid model:"),
        row(.modelUnknown, "DeepSeek", Page.deepSeek, phrase: "model not exist"),
        row(.modelUnknown, "xAI", Page.xAI, phrase: "your team"),
        row(.modelUnknown, "fal", Page.fal, status: 404, phrase: "application '"),
        row(.modelUnknown, "Groq", Page.groq, word: "model_decommissioned"),
        row(.modelUnknown, "OpenRouter", Page.openRouter, phrase: "is not a valid model id"),
        row(
            .modelUnknown,
            "OpenRouter",
            Page.openRouter,
            status: 404,
            phrase: "no endpoints found"
        ),
        row(.modelUnknown, "Together", Page.together, word: "model_not_available"),
        row(.modelUnknown, "Together", Page.together, phrase: "unable to access model"),
        row(.modelUnknown, "Fireworks", Page.fireworks, status: 404, phrase: "model not found"),
        row(.modelUnknown, "Ollama, llama.cpp", Page.ollama, phrase: "not found, try pulling it"),
        row(.modelUnknown, "Ollama", Page.ollama, status: 404, phrase: "' not found"),
        row(.modelUnknown, "Ollama", Page.ollama, status: 404, phrase: "\" not found"),
        row(
            .modelUnknown,
            "llama.cpp, LM Studio",
            Page.llamaCpp,
            status: 400,
            phrase: "' not found"
        ),
        row(.modelUnknown, "LM Studio", Page.lmStudio, phrase: "no models loaded"),
        row(.modelUnknown, "vLLM", Page.vLLM, status: 404, word: "NotFoundError"),
    ]

    private static let rateLimited: [Row] = [
        row(.rateLimited, "OpenAI, Groq", Page.openAI, word: "rate_limit_exceeded"),
        row(.rateLimited, "OpenAI", Page.openAI, word: "slow_down"),
        row(.rateLimited, "Azure", Page.azure, word: "RateLimitReached"),
        row(.rateLimited, "Azure", Page.azureGateway, phrase: "out of call volume quota"),
        row(.rateLimited, "Anthropic", Page.anthropic, word: "rate_limit_error"),
        row(.rateLimited, "Google", Page.google, word: "RESOURCE_EXHAUSTED"),
        row(.rateLimited, "Mistral, fal", Page.mistral, word: "rate_limited"),
        row(.rateLimited, "Together", Page.together, word: "rate_limit"),
        row(.rateLimited, "all of them", Page.openAI, status: 429),
    ]

    private static let overloaded: [Row] = [
        row(.overloaded, "OpenAI", Page.openAI, word: "server_overloaded"),
        row(.overloaded, "OpenAI", Page.openAI, phrase: "engine is currently overloaded"),
        row(.overloaded, "Anthropic", Page.anthropic, word: "overloaded_error"),
        row(.overloaded, "Google", Page.google, phrase: "model is overloaded"),
        row(.overloaded, "Mistral", Page.mistral, word: "service_tier_capacity_exceeded"),
        row(.overloaded, "DeepSeek", Page.deepSeek, phrase: "server is overloaded"),
        row(.overloaded, "Groq", Page.groq, status: 498),
        row(.overloaded, "Groq", Page.groq, word: "capacity_exceeded"),
        row(.overloaded, "Ollama", Page.ollama, phrase: "maximum pending requests exceeded"),
        row(.overloaded, "llama.cpp", Page.llamaCpp, word: "unavailable_error"),
        row(.overloaded, "vLLM", Page.vLLM, word: "ServiceUnavailableError"),
        row(.overloaded, "LM Studio", Page.lmStudio, phrase: "model is currently loading"),
        row(.overloaded, "Anthropic", Page.anthropic, status: 529),
    ]
}

/// The pages of the vendors' errors.
private enum Page {
    static let openAI = "https://platform.openai.com/docs/guides/error-codes"
    static let azure = "https://learn.microsoft.com/azure/ai-services/openai/reference"
    static let azureGateway = "https://learn.microsoft.com/azure/api-management/quota-policy"
    static let azureFilter =
        "https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter"
    static let anthropic = "https://platform.claude.com/docs/en/api/errors"
    static let google = "https://ai.google.dev/gemini-api/docs/troubleshooting"
    static let mistral = "https://docs.mistral.ai/api/"
    static let deepSeek = "https://api-docs.deepseek.com/quick_start/error_codes"
    static let xAI = "https://docs.x.ai/docs/key-information/debugging"
    static let groq = "https://console.groq.com/docs/errors"
    static let openRouter = "https://openrouter.ai/docs/api-reference/errors"
    static let together = "https://docs.together.ai/docs/error-codes"
    static let fireworks = "https://docs.fireworks.ai/guides/inference-error-codes"
    static let ollama = "https://github.com/ollama/ollama/blob/main/docs/api/errors.mdx"
    static let llamaCpp = "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"
    static let vLLM = "https://github.com/vllm-project/vllm/tree/main/vllm/entrypoints/openai"
    static let fal = "https://docs.fal.ai/errors"
    static let lmStudio = "https://lmstudio.ai/docs/developer/openai-compat"
}
