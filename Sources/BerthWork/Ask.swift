package import BerthCache
package import BerthLoop
package import BerthMemory
package import BerthProviders
package import BerthQueue
package import BerthStore
package import BerthText

/// A question: the first phase of paid work.
///
/// Nothing is reserved for it yet.
///
/// An ask becomes ``Held`` when its worst case is reserved, ``Running`` when its provider is about
/// to be asked, and ``Settled`` when its cost is known. Each phase is consumed by the next.
package struct Ask: Sendable {
    private let fixed: Fixed
    /// Whether the prompt is known to carry nothing of the payer: no history, no system text.
    package var isContextFree = false
    /// Whether an answer that somebody was given before is not wanted.
    package var isFresh = false
    /// Whether Berth wrote the request rather than a client.
    package var isOwn = false
    /// The names of the request's members that no table lists.
    package var unknown: [String] = []
    /// The kind under which its answer is cached.
    package var kind = CacheKind.answer
    /// The turn that it answers, or nil for an API call.
    package var turn: Turn.ID?
    /// The estimated tokens of the request's messages and tools, or nil to estimate them when they are
    /// needed.
    package var input: Int?
    /// Whether the request has the provider write its prompt into a cache.
    package var writesCache = false
    /// The client's name for the request, or nil.
    ///
    /// It is written with the call's reservation, so the call is not shared with others.
    package var key: IdempotencyKey?
    /// The text that it buys beside an answer, or nil.
    ///
    /// It is written with the call's reservation, so the call is not shared with others.
    package var errand: Errand?
    /// Hears the request's queue position.
    package var listener: PlaceListener?
    /// Keeps the memory of ``request`` leased for as long as anything may read it.
    package var retained: (any AnyObject & Sendable)?
    /// The call in the operator's reach, or nil for a turn's ask.
    private(set) var open: OpenCall?
    /// The memory of the queue entry and of the connection that waits.
    private var entry: LeaseHolder?

    /// The parts that never change.
    ///
    /// An ask is copied at each step of its way, and these parts take a count each.
    @Loop private final class Fixed {
        let request: JSONObject
        let models: [ModelChoice]
        let payer: LiveTenant
        let memory: PrepaidMemory
        let requestID: String
        let since: Instant
        let mark = RequestMark()
        /// Keeps the payer's work open, because the ask may outlive its caller when others share it.
        private let work: MemoryWork

        init(
            _ request: JSONObject,
            _ models: [ModelChoice],
            _ payer: LiveTenant,
            _ memory: PrepaidMemory,
            _ requestID: String,
            _ since: Instant
        ) {
            (self.request, self.models, self.payer) = (request, models, payer)
            (self.memory, self.requestID, self.since) = (memory, requestID, since)
            work = payer.account.begin()
        }
    }

    /// A chat-completions request.
    package var request: JSONObject { fixed.request }
    /// The models to try, in order.
    ///
    /// There is at least one.
    package var models: [ModelChoice] { fixed.models }
    /// The tenant who pays.
    package var payer: LiveTenant { fixed.payer }
    /// The memory that was leased for all of this beforehand.
    package var memory: PrepaidMemory { fixed.memory }
    /// The id of the HTTP request, for the log.
    package var requestID: String { fixed.requestID }
    /// The time since which the caller waits.
    package var since: Instant { fixed.since }
    /// The request's identity over all its attempts.
    var mark: RequestMark { fixed.mark }

    /// Memory of one call or turn while it waits and runs, beside texts and buffers: its tasks, its
    /// reservation, its queue entry.
    ///
    /// Measured together with ``listenerSize`` (release, malloc's blocks in use): a waiting API call
    /// takes 25 KiB (400 of them), a turn that nobody reads 15 KiB beside its stream (50 of them).
    package static let entrySize = ByteCount.kibibytes(8)
    /// Memory of a connection on which an answer is awaited: its pool, exchange, tasks and writes.
    ///
    /// Measured likewise: 26 KiB for the events of a turn, 8 KiB of it the pool.
    package static let listenerSize = ByteCount.kibibytes(20)

    /// The memory that an API call with a body of `size` needs, the body included.
    package static func need(of size: ByteCount) -> ByteCount {
        size + ChatCall.need(of: size) + entrySize + listenerSize + ReadAhead.step
    }

    /// Makes an API call's ask.
    ///
    /// - Parameters:
    ///   - request: a chat-completions request.
    ///   - models: the models to try, in order, at least one.
    ///   - payer: the tenant who pays.
    ///   - memory: the memory leased beforehand, or nil to lease all of it from the payer's
    ///     account.
    ///   - requestID: for the log.
    ///   - since: the time since which the caller waits.
    @Loop package init(
        _ request: JSONObject,
        _ models: [ModelChoice],
        _ payer: LiveTenant,
        memory: PrepaidMemory? = nil,
        requestID: String = "-",
        since: Instant
    ) {
        let memory = memory ?? PrepaidMemory(of: payer.account)
        fixed = Fixed(request, models, payer, memory, requestID, since)
    }

    /// This ask with the memory of its queue entry, and of its connection if `listening`.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    @Loop package func entered(listening: Bool) throws(BotError) -> Ask {
        guard entry == nil else { return self }
        var ask = self
        ask.entry = try memory.entry(listening: listening)
        return ask
    }

    /// This ask with the call that the operator can end.
    func opened(as call: OpenCall?) -> Ask {
        var ask = self
        ask.open = call
        return ask
    }

    /// The most output tokens that `model` is asked for, for each choice.
    func maximumOutput(_ model: ModelChoice) -> Int {
        let asked = request.integer("max_completion_tokens") ?? request.integer("max_tokens")
        return min(asked ?? model.output, model.output)
    }

    /// The most that `model` may cost.
    func worstCase(_ model: ModelChoice) -> Amounts {
        let choices = max(1, request.integer("n") ?? 1)
        var amounts = Amounts(
            (.requests, 1),
            (.inputTokens, Int64(input ?? TokenEstimate.input(of: request))),
            (.outputTokens, Int64(clamping: maximumOutput(model)) * Int64(choices))
        )
        let (tokensIn, tokensOut) = (Int(amounts[.inputTokens]), Int(amounts[.outputTokens]))
        amounts[.micros] =
            writesCache
            ? model.price.highestCost(input: tokensIn, output: tokensOut)
            : model.price.cost(input: tokensIn, output: tokensOut)
        return amounts
    }
}

extension PrepaidMemory {
    /// Leases a queue entry, and its connection if `listening`.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    @Loop func entry(listening: Bool) throws(BotError) -> LeaseHolder {
        let size = Ask.entrySize + (listening ? Ask.listenerSize : .zero)
        do { return LeaseHolder(try take(size, for: .queueEntry)) } catch { throw .memory(error) }
    }
}
