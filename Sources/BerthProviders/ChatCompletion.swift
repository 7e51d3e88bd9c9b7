import BerthMemory
package import BerthText

/// A whole answer that was not streamed, in the shape of OpenAI's `chat.completion`.
package final class ChatCompletion: Sendable {
    /// The answer.
    ///
    /// Its id and model are the provider's.
    package let object: JSONObject
    /// The first choice's text.
    package let text: String
    /// The reason for which the first choice ended, or nil if the provider did not say.
    package let finish: String?
    /// Whether the first choice is text and nothing else.
    package let isTextAlone: Bool
    /// The call's tokens, or nil if the provider did not say.
    package let usage: TokenUsage?
    private let lease: MemoryLease
    /// Keeps the account's work open, because the answer may outlive the call when others read it.
    private let work: MemoryWork

    /// Keeps `lease` for the answer's bytes until the answer is dropped.
    init(
        _ object: JSONObject,
        usage: TokenUsage?,
        lease: consuming MemoryLease,
        to call: ChatCall
    ) {
        work = call.account.begin()
        self.object = object
        let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
        let message = choice?.object("message")
        text = message?.string("content") ?? ""
        finish = choice?.string("finish_reason")
        isTextAlone = message?.has("tool_calls") == false && !text.isEmpty
        self.usage = usage
        self.lease = lease
    }
}
