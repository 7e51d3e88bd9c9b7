package import BerthLoop
package import BerthMemory
package import BerthProviders
import BerthQueue
package import BerthStore
package import BerthText

/// A request for embeddings: the first phase of paid work.
///
/// Nothing is reserved for it yet. Its phases are those of ``Ask``.
package struct EmbeddingAsk: Sendable {
    /// The request in OpenAI's form.
    package let request: JSONObject
    /// The number of inputs, 1 or more.
    package let inputs: Int
    /// The estimated tokens of all inputs.
    package let tokens: Int
    /// The names of the request's members that no table lists.
    package var unknown: [String] = []
    /// Whether an answer that was given before is not wanted.
    package var isFresh = false
    /// The client's name for the request, or nil.
    ///
    /// It is written with the call's reservation, so the call is not shared with others.
    package var key: IdempotencyKey?
    /// Keeps the memory of ``request`` leased for as long as anything may read it.
    package var retained: (any AnyObject & Sendable)?
    /// The models to try, in order, at least one.
    let models: [EmbeddingChoice]
    let payer: LiveTenant
    let memory: PrepaidMemory
    let requestID: String
    let since: Instant
    let mark = RequestMark()
    /// The call in the operator's reach.
    private(set) var open: OpenCall?
    /// The memory of the queue entry and of the connection that waits.
    private var entry: LeaseHolder?
    /// Keeps the payer's work open.
    private let work: MemoryWork

    /// The inputs of a request, and their size.
    package struct Inputs: Sendable {
        /// The number of inputs, 1 or more.
        package let count: Int
        /// The estimated tokens of all of them.
        package let tokens: Int

        /// Makes the size of a request.
        package init(count: Int, tokens: Int) { (self.count, self.tokens) = (count, tokens) }
    }

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - request: the request in OpenAI's form.
    ///   - inputs: the inputs that it has.
    ///   - models: the models to try, in order, at least one.
    ///   - memory: the memory that was leased beforehand, of the tenant who pays.
    ///   - payer: the tenant who pays.
    ///   - heard: the id of the HTTP request for the log, and the time since which the caller waits.
    @Loop package init(
        _ request: JSONObject,
        _ inputs: Inputs,
        _ models: [EmbeddingChoice],
        memory: PrepaidMemory,
        _ payer: LiveTenant,
        heard: (request: String, since: Instant)
    ) {
        (self.request, self.inputs, tokens) = (request, inputs.count, inputs.tokens)
        (self.models, self.memory, self.payer) = (models, memory, payer)
        (requestID, since) = heard
        work = payer.account.begin()
    }

    /// This request with the memory of its queue entry and its connection.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    @Loop func entered() throws(BotError) -> EmbeddingAsk {
        var ask = self
        ask.entry = try memory.entry(listening: true)
        return ask
    }

    /// This request with the call that the operator can end.
    func opened(as call: OpenCall?) -> EmbeddingAsk {
        var ask = self
        ask.open = call
        return ask
    }
}

extension EmbeddingAsk: PaidAsk {
    static var mayBuyTwice: Bool { true }
    var turn: Turn.ID? { nil }
    var listener: PlaceListener? { nil }

    func worstCase(_ model: EmbeddingChoice) -> Amounts {
        Amounts(
            (.requests, 1),
            (.inputTokens, Int64(tokens)),
            (.micros, model.price.cost(input: tokens, output: 0))
        )
    }

    static func paid(_ model: EmbeddingChoice) -> PaidModel { PaidModel(model) }
}
