import BerthLoop
import BerthMemory
package import BerthText

/// A whole answer that was not streamed, in the shape of OpenAI's `chat.completion`.
package final class ChatCompletion: Sendable {
    /// The answer.
    ///
    /// Its id and model are the provider's.
    package let object: JSONObject
    /// The first choice's text, or else the words with which the model refuses.
    package let text: String
    /// The call's tokens, or nil if the provider did not say.
    package let usage: TokenUsage?
    /// The reason for which the first choice ended, or nil if the provider did not say.
    package let finish: String?
    /// Whether the first choice is text and nothing else, and no refusal to answer.
    package let isTextAlone: Bool
    /// The provider's own bill in millionths of a dollar, or nil if it does not say.
    package let bill: Int64?
    private let lease: MemoryLease
    /// Keeps the account's work open, because the answer may outlive the call when others read it.
    private let work: MemoryWork

    /// Keeps `lease` for the answer's bytes until the answer is dropped.
    ///
    /// `usage` replaces the one in the answer.
    init(
        _ object: JSONObject,
        usage: TokenUsage? = nil,
        bill: Int64? = nil,
        lease: consuming MemoryLease,
        to call: ChatCall
    ) async {
        work = call.account.begin()
        self.object = object
        let said: TokenUsage?
        (text, said, finish, isTextAlone) = await LargeWork.run(on: object.bytes.count) {
            let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
            let message = choice?.object("message")
            let words = choice.map { _ in AnswerWords(message, of: object) }
            let text = words?.text ?? ""
            let isAlone = message?.has("tool_calls") == false && !text.isEmpty
            return (
                text, OpenAIWire.usage(in: object),
                choice?.string("finish_reason")?.cut(toBytes: 64),
                isAlone && words?.isRefusal == false
            )
        }
        self.usage = usage ?? said
        self.bill = bill
        self.lease = lease
    }
}
