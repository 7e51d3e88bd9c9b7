import BerthHTTP
package import BerthLoop
package import BerthMemory
package import BerthText

/// What is asked of a provider: a chat-completions request in OpenAI's shape, and who pays.
package struct ChatCall: Sendable {
    /// The request as the client or the bot wrote it; the provider sets its model and what it must.
    package let request: JSONObject
    /// The provider's own name of the model.
    package let model: String
    /// The most output tokens that may be bought; sent to the provider.
    package let maximumOutput: Int
    /// A hash that stands for the tenant at the provider, in place of what the client named.
    package let user: String
    /// Whose memory what is sent and what comes back is leased from, and what of it is paid for.
    package let memory: PrepaidMemory
    /// Whose it is.
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

    /// What asking takes with a request of `size`: our copy of it, its sending, and what is unread of
    /// the answer.
    package static func need(of size: ByteCount) -> ByteCount {
        Upstream.sending(size) + UpstreamEvents.bufferSize
    }
}

/// Tokens of one call.
package struct TokenUsage: Equatable, Sendable {
    /// Tokens of the prompt, 0 or more.
    package var input: Int
    /// Tokens of the answer, 0 or more; a model's hidden reasoning counts.
    package var output: Int
    /// Whether Berth estimated them because the provider did not say.
    package var isEstimated: Bool

    /// Makes a usage.
    package init(input: Int, output: Int, isEstimated: Bool) {
        self.input = input
        self.output = output
        self.isEstimated = isEstimated
    }
}

/// A piece of a streamed answer, in the shape of OpenAI's `chat.completion.chunk`.
package struct ChatChunk: Sendable {
    /// The whole chunk; its id and model are the provider's.
    package let object: JSONObject
    /// What the piece adds to the first choice's text; "" for tool calls, roles and usage.
    package let text: String
    /// Why the first choice ended; nil while it goes on.
    package let finish: String?
    /// The call's tokens, where this piece says them.
    package let usage: TokenUsage?
    /// Whether the piece says nothing but the usage.
    package let isUsageAlone: Bool
}

extension ChatChunk {
    /// Reads a chunk in OpenAI's shape, tolerantly: what is missing is empty.
    package init(reading object: JSONObject) { self = OpenAIWire.chunk(object) }

    /// Whether the piece says nothing but ``text``: no reasoning, no tool call, no end.
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

/// An answer that was not streamed, in the shape of OpenAI's `chat.completion`.
package final class ChatCompletion: Sendable {
    /// The whole answer; its id and model are the provider's.
    package let object: JSONObject
    /// The first choice's text.
    package let text: String
    /// The call's tokens; nil when the provider did not say.
    package let usage: TokenUsage?
    private let lease: MemoryLease
    /// It may outlive the call: others listen to the same answer.
    private let work: MemoryWork

    /// Keeps `lease` for the answer's bytes until the answer is dropped; `call`: what it answers.
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

/// An answer that comes in pieces.
@Loop package protocol ChatStream: AnyObject, Sendable {
    /// The next piece; nil after the answer's proper end.
    ///
    /// - Throws: ``ProviderError``; also when the stream ends without having said why.
    func next() async throws(ProviderError) -> ChatChunk?
    /// Ends the transfer at the provider too; does nothing after the end.
    func cancel()
}

/// Somebody who answers chats.
@Loop package protocol ChatProvider: AnyObject, Sendable {
    /// As `providers` in the configuration names it.
    nonisolated var name: String { get }
    /// Asks for a streamed answer and returns when it begins. Cancelling the task ends the call.
    ///
    /// - Throws: ``ProviderError``.
    func stream(_ call: ChatCall) async throws(ProviderError) -> any ChatStream
    /// Asks for a whole answer. Cancelling the task ends the call.
    ///
    /// - Throws: ``ProviderError``.
    func complete(_ call: ChatCall) async throws(ProviderError) -> ChatCompletion
}
