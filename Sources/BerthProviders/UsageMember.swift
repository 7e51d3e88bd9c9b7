import BerthText

/// A member of a `usage` object in which a provider counts tokens.
struct UsageMember {
    /// A quantity that members count.
    enum Kind: Int, CaseIterable {
        case input
        case output
        /// Tokens of a tool's results, which stand beside the prompt's.
        case beside
        case total
        /// Hidden reasoning, which is a part of the output or stands beside it.
        case reasoning
        /// Tokens of the prompt that were read from the provider's cache.
        case read
        /// Tokens of the prompt that were written into the provider's cache, for any time.
        case written
        /// The part of them that is kept for an hour.
        case writtenForHour
    }

    let kind: Kind
    /// The members from `usage` down to the number.
    private let path: [String]
    /// The documentation, as of 2026-11.
    let source: String

    private init(_ kind: Kind, _ path: String..., source: String) {
        (self.kind, self.path, self.source) = (kind, path, source)
    }

    /// Every known member.
    ///
    /// Of several of one kind the largest counts.
    static let all = openAI + anthropic + google + others

    /// The members of each kind.
    private static let byKind = Kind.allCases.map { kind in all.filter { $0.kind == kind } }

    /// OpenAI, Azure, Google's compatible address, Groq, Mistral, xAI, vLLM and most others.
    private static let openAI = [
        UsageMember(.input, "prompt_tokens", source: chat),
        UsageMember(.output, "completion_tokens", source: chat),
        UsageMember(.total, "total_tokens", source: chat),
        UsageMember(.reasoning, "completion_tokens_details", "reasoning_tokens", source: chat),
        UsageMember(.read, "prompt_tokens_details", "cached_tokens", source: chat),
        UsageMember(.input, "input_tokens", source: responses),
        UsageMember(.output, "output_tokens", source: responses),
        UsageMember(.reasoning, "output_tokens_details", "reasoning_tokens", source: responses),
        UsageMember(.read, "input_tokens_details", "cached_tokens", source: responses),
        UsageMember(.written, "input_tokens_details", "cache_write_tokens", source: responses),
    ]

    /// Anthropic, and servers that pass its members on in OpenAI's form.
    private static let anthropic = [
        UsageMember(.read, "cache_read_input_tokens", source: messages),
        UsageMember(.written, "cache_creation_input_tokens", source: messages),
        UsageMember(
            .writtenForHour,
            "cache_creation",
            "ephemeral_1h_input_tokens",
            source: messages
        ),
        UsageMember(.reasoning, "output_tokens_details", "thinking_tokens", source: messages),
    ]

    /// Google's own names, in gateways that pass `usageMetadata` on.
    private static let google = [
        UsageMember(.input, "promptTokenCount", source: gemini),
        UsageMember(.output, "candidatesTokenCount", source: gemini),
        UsageMember(.total, "totalTokenCount", source: gemini),
        UsageMember(.beside, "toolUsePromptTokenCount", source: gemini),
        UsageMember(.reasoning, "thoughtsTokenCount", source: gemini),
        UsageMember(.read, "cachedContentTokenCount", source: gemini),
    ]

    private static let others = [
        UsageMember(.read, "prompt_cache_hit_tokens", source: deepSeek),
        UsageMember(.written, "prompt_tokens_details", "cache_write_tokens", source: openRouter),
        UsageMember(.read, "cached_tokens", source: moonshot),
        UsageMember(.reasoning, "reasoning_tokens", source: perplexity),
        UsageMember(.written, "prompt_tokens_details", "cache_creation_tokens", source: liteLLM),
        UsageMember(
            .writtenForHour,
            "prompt_tokens_details",
            "cache_creation_token_details",
            "ephemeral_1h_input_tokens",
            source: liteLLM
        ),
        UsageMember(.written, "prompt_tokens_details", "cached_creation_tokens", source: newAPI),
        UsageMember(.writtenForHour, "claude_cache_creation_1_h_tokens", source: newAPI),
        UsageMember(
            .written,
            "prompt_tokens_details",
            "cache_creation_input_tokens",
            source: modelStudio
        ),
        UsageMember(
            .writtenForHour,
            "prompt_tokens_details",
            "cache_creation",
            "ephemeral_1h_input_tokens",
            source: modelStudio
        ),
    ]

    private static let chat = "https://platform.openai.com/docs/api-reference/chat/object"
    private static let responses = "https://platform.openai.com/docs/api-reference/responses/object"
    private static let messages =
        "https://platform.claude.com/docs/en/build-with-claude/prompt-caching"
    private static let gemini = "https://ai.google.dev/api/generate-content#UsageMetadata"
    private static let deepSeek = "https://api-docs.deepseek.com/guides/kv_cache"
    private static let openRouter = "https://openrouter.ai/docs/use-cases/usage-accounting"
    private static let moonshot = "https://platform.moonshot.ai/docs/api/chat"
    private static let perplexity = "https://docs.perplexity.ai/api-reference/chat-completions-post"
    private static let liteLLM = "https://docs.litellm.ai/docs/completion/prompt_caching"
    private static let newAPI = "https://github.com/QuantumNous/new-api"
    private static let modelStudio = "https://help.aliyun.com/zh/model-studio/context-cache"

    /// The number of a quantity in `usage`, from 0 to ``TokenUsage/most``, or nil if no member has
    /// it.
    static func count(_ kind: Kind, in usage: JSONObject) -> Int? {
        byKind[kind.rawValue].reduce(nil) { most, member in
            member.count(in: usage).map { max($0, most ?? 0) } ?? most
        }
    }

    private func count(in usage: JSONObject) -> Int? {
        // Most members are asked for in vain.
        guard usage.has(path[0]) else { return nil }
        var object = usage
        for name in path.dropLast() {
            guard let inner = object.object(name) else { return nil }
            object = inner
        }
        return UsageMember.number(path[path.count - 1], in: object)
    }

    /// The value of a member that is a number or a number as text, rounded up.
    private static func number(_ name: String, in object: JSONObject) -> Int? {
        if let number = object.integer(name) { return OpenAIWire.bounded(number) }
        let text = object.word(name, most: 32).flatMap { Double($0) }
        guard let number = object.number(name) ?? text, number.isFinite else { return nil }
        return Int(min(max(0, number.rounded(.up)), Double(TokenUsage.most)))
    }
}
