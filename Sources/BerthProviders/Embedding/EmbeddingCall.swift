package import BerthMemory
package import BerthText

/// A call to a provider for embeddings: a request in OpenAI's form, and the memory it is charged to.
///
/// The service makes one only where the call is reserved, in BerthWork's `Running`, which a tidy
/// test holds.
package struct EmbeddingCall: Sendable {
    /// The request as the client wrote it.
    package let request: JSONObject
    /// The number of inputs, 1 or more.
    package let inputs: Int
    /// The provider's own name of the model.
    package let model: String
    /// A hash that identifies the tenant to the provider, instead of the client's own value.
    package let user: String
    /// The names of the request's members that no table lists.
    package let unknown: [String]
    /// The memory from which the request and the answer are leased, part of it in advance.
    package let memory: PrepaidMemory

    /// Makes a call.
    package init(
        request: JSONObject,
        inputs: Int,
        model: String,
        user: String,
        unknown: [String],
        memory: PrepaidMemory
    ) {
        (self.request, self.inputs, self.model) = (request, inputs, model)
        (self.user, self.unknown, self.memory) = (user, unknown, memory)
    }
}

/// The embeddings of a call, as their provider sent them.
package final class Embeddings: Sendable {
    /// The whole answer in OpenAI's form.
    ///
    /// Its model is the provider's name.
    package let object: JSONObject
    /// The tokens as the provider counts them, or ``TokenUsage/unknown``.
    package let usage: TokenUsage
    private let lease: MemoryLease

    /// Keeps `lease` for the answer's bytes until it is dropped.
    package init(_ object: JSONObject, usage: TokenUsage, lease: consuming MemoryLease) {
        (self.object, self.usage) = (object, usage)
        self.lease = lease
    }
}
