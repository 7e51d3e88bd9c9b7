import BerthLoop
package import BerthMemory
package import BerthText

/// A call to a provider: a chat-completions request in OpenAI's format, and the account it is
/// charged to.
///
/// A provider is asked with nothing else. The service makes one only where the call is reserved, in
/// BerthWork's `Running`, which a tidy test holds.
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
    /// The names of the request's members that ``ChatMember`` does not list.
    package let unknown: [String]
    /// Whether Berth wrote the request rather than a client.
    ///
    /// The temperature and the system prompt are then Berth's.
    package var isOwn = false
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
        unknown: [String] = [],
        memory: PrepaidMemory
    ) {
        self.request = request
        self.model = model
        self.maximumOutput = maximumOutput
        self.user = user
        self.unknown = unknown
        self.memory = memory
    }

    /// Returns the memory of a call with a request of `size`: the copy of the request, its sending,
    /// and the unread part of the answer.
    package static func need(of size: ByteCount) -> ByteCount {
        Upstream.sending(size) + UpstreamEvents.bufferSize
    }
}
