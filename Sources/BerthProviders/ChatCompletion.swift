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
    /// Whether the text is the model's refusal to answer.
    private let isRefusal: Bool
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
        let words = OpenAIWire.words(of: object)
        (text, isRefusal) = (words?.text ?? "", words?.isRefusal ?? false)
        self.usage = usage
        self.lease = lease
    }

    /// The first choice.
    private var choice: JSONObject? {
        object.elements("choices")?.first.flatMap { object.object(at: $0) }
    }

    /// The reason for which the first choice ended, or nil if the provider did not say.
    package var finish: String? { choice?.string("finish_reason") }

    /// Whether the first choice is text and nothing else.
    package var isTextAlone: Bool {
        choice?.object("message")?.has("tool_calls") == false && !text.isEmpty && !isRefusal
    }
}
