import BerthHTTP
package import BerthLoop
package import BerthMemory
package import BerthText

/// A call to a provider: a chat-completions request in OpenAI's format, and the account it is
/// charged to.
package struct ChatCall: Sendable {
    /// The request as the client or the bot wrote it.
    ///
    /// The provider sets the model and other members.
    package let request: JSONObject
    /// The provider's own name of the model.
    package let model: String
    /// The maximum number of output tokens, which is sent to the provider.
    package let maximumOutput: Int
    /// A hash that identifies the tenant to the provider, instead of the client's own value.
    package let user: String
    /// The memory from which the request and the answer are leased, part of it in advance.
    package let memory: PrepaidMemory
    /// The account of the tenant.
    package var account: MemoryAccount { memory.account }

    /// Makes a call.
    package init(
        request: JSONObject,
        model: String,
        maximumOutput: Int,
        user: String,
        memory: PrepaidMemory
    ) {
        self.request = request
        self.model = model
        self.maximumOutput = maximumOutput
        self.user = user
        self.memory = memory
    }

    /// Returns the memory of a call with a request of `size`: the copy of the request, its sending,
    /// and the unread part of the answer.
    package static func need(of size: ByteCount) -> ByteCount {
        Upstream.sending(size) + UpstreamEvents.bufferSize
    }
}

/// The token usage of one call.
package struct TokenUsage: Equatable, Sendable {
    /// The tokens of the prompt, 0 or more.
    package var input: Int
    /// The tokens of the answer, hidden reasoning included; 0 or more.
    package var output: Int
    /// Whether the counts are estimates, because the provider reported none.
    package var isEstimated: Bool

    /// Makes a usage.
    package init(input: Int, output: Int, isEstimated: Bool) {
        self.input = input
        self.output = output
        self.isEstimated = isEstimated
    }
}

/// A piece of a streamed answer, in the format of OpenAI's `chat.completion.chunk`.
package struct ChatChunk: Sendable {
    /// The whole chunk, with the provider's id and model.
    package let object: JSONObject
    /// The text that the piece adds to the first choice; empty for tool calls, roles and usage.
    package let text: String
    /// The finish reason of the first choice; nil while it continues.
    package let finish: String?
    /// The call's usage, if this piece contains it.
    package let usage: TokenUsage?
    /// Whether the piece contains only the usage.
    package let isUsageAlone: Bool
}

extension ChatChunk {
    /// Parses a chunk in OpenAI's format.
    ///
    /// Missing members are treated as empty.
    package init(reading object: JSONObject) { self = OpenAIWire.chunk(object) }

    /// Whether the piece contains only ``text``, so no reasoning, no tool call and no end.
    package var isTextAlone: Bool {
        guard !text.isEmpty, finish == nil, usage == nil,
            let choices = object.elements("choices"), choices.count == 1,
            let choice = object.object(at: choices[0]), let delta = choice.object("delta")
        else { return false }
        return delta.names.allSatisfy { ["role", "content"].contains($0) || !delta.has($0) }
            && !choice.has("logprobs")
    }

    /// Whether the piece is part of a tool call of the first choice.
    package var carriesToolCall: Bool {
        let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
        return choice?.object("delta")?.has("tool_calls") ?? false
    }
}

/// An unstreamed answer, in the format of OpenAI's `chat.completion`.
package final class ChatCompletion: Sendable {
    /// The whole answer, with the provider's id and model.
    package let object: JSONObject
    /// The first choice's text.
    package let text: String
    /// The call's usage; nil if the provider reported none.
    package let usage: TokenUsage?
    private let lease: MemoryLease
    /// Keeps the account open while the answer outlives its call, because other callers read it
    /// too.
    private let work: MemoryWork

    /// Makes the answer to `call`.
    ///
    /// `lease` covers its bytes and ends with it.
    init(
        object: JSONObject,
        text: String,
        usage: TokenUsage?,
        lease: consuming MemoryLease,
        to call: ChatCall
    ) {
        work = call.account.begin()
        self.object = object
        self.text = text
        self.usage = usage
        self.lease = lease
    }
}

/// An answer that arrives in pieces.
@Loop package protocol ChatStream: AnyObject, Sendable {
    /// Returns the next piece; nil after the end of the answer.
    ///
    /// - Throws: ``ProviderError``, also if the stream ends without a finish reason.
    func next() async throws(ProviderError) -> ChatChunk?
    /// Ends the transfer, at the provider too. After the end of the answer it does nothing.
    func cancel()
}

/// A provider of chat completions.
@Loop package protocol ChatProvider: AnyObject, Sendable {
    /// The provider's name in the configuration.
    nonisolated var name: String { get }
    /// Requests a streamed answer and returns when it begins. Cancelling the task ends the call.
    ///
    /// - Throws: ``ProviderError``.
    func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream
    /// Requests a whole answer. Cancelling the task ends the call.
    ///
    /// - Throws: ``ProviderError``.
    func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion
}
