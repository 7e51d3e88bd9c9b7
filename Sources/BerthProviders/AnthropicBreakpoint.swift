import BerthText

/// A cache breakpoint: the provider caches the prompt up to the end of its block.
///
/// OpenAI's format has none. Clients put `cache_control` on messages, their parts and tools, as they
/// do for other gateways.
/// Source: <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>, as of 2026-11.
struct AnthropicBreakpoint {
    /// The most breakpoints of a request.
    static let most = 4

    /// The member of a block, with a comma before it.
    let member: String

    /// Reads the breakpoint of a message, a part or a tool, or nil if it has none.
    init?(_ holder: JSONObject?) {
        guard let control = holder?.object("cache_control"), control.word("type") == "ephemeral"
        else { return nil }
        let ttl = control.word("ttl").flatMap { ["5m", "1h"].contains($0) ? $0 : nil }
        let lifetime = ttl.map { #","ttl":"\#($0)""# } ?? ""
        member = #","cache_control":{"type":"ephemeral"\#(lifetime)}"#
    }
}
