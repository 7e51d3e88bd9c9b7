import BerthLoop
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
