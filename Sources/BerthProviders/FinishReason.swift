import BerthText

/// The reason for which an answer ended, as a provider names it.
enum FinishReason: Equatable {
    /// It has not ended, or the provider gave no reason.
    case none
    /// One of OpenAI's reasons.
    case known(String)
    /// The provider failed within the answer.
    case failed(String)

    private static let reasons = [
        "stop", "length", "tool_calls", "content_filter", "function_call",
    ]

    /// The other words for OpenAI's reasons, in small letters.
    private static let others = [
        "length": [
            "max_tokens", "max_output_tokens", "max_new_tokens", "max_length", "model_length",
            "context_length", "model_context_window_exceeded",
        ],
        "content_filter": [
            "safety", "recitation", "prohibited_content", "blocklist", "spii", "sensitive",
            "content-filter", "refusal", "moderation", "guardrail_intervened",
        ],
        "tool_calls": ["tool_use", "tool_call", "function_calls"],
    ]

    private static let failures: Set = [
        "error", "network_error", "insufficient_system_resource", "abort", "aborted", "cancelled",
        "canceled", "malformed_function_call",
    ]

    /// Reads a finish reason.
    ///
    /// A word that no vendor is known to use counts as `stop`.
    init(_ word: String?) {
        guard let word, !word.isEmpty else {
            self = .none
            return
        }
        let small = word.cut(toBytes: 64).lowercased()
        if FinishReason.failures.contains(small) {
            self = .failed(small)
        } else if FinishReason.reasons.contains(small) {
            self = .known(small)
        } else {
            let other = FinishReason.others.first { $0.value.contains(small) }
            self = .known(other?.key ?? "stop")
        }
    }
}
