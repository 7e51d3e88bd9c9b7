package import BerthLoop
package import BerthMemory
package import BerthProviders
package import BerthQueue
package import BerthStore

/// An order of pictures: the first phase of paid work.
///
/// Nothing is reserved for it yet. Its phases are those of ``Ask``.
package struct PictureAsk: Sendable {
    /// Puts the prompt of an order into English.
    package typealias Translator = @Loop @Sendable (PictureAsk) async throws(BotError) -> String
    /// Hears the progress of a job.
    package typealias ProgressListener = @Loop @Sendable (PictureProgress) -> Void

    /// The pictures that are asked for.
    package let request: PictureRequest
    /// The models to try, in order.
    ///
    /// There is at least one.
    package let models: [PictureChoice]
    /// The tenant who pays.
    package let payer: LiveTenant
    /// The memory that was leased for all of this beforehand.
    package let memory: PrepaidMemory
    /// The id of the HTTP request, for the log.
    package let requestID: String
    /// The time since which the caller waits.
    package let since: Instant
    /// The request's identity over all its attempts.
    let mark = RequestMark()
    /// Whether pictures that somebody was given before are not wanted.
    package var isFresh = false
    /// The turn that it answers, or nil for an API call.
    package var turn: Turn.ID?
    /// The client's name for the request, or nil.
    package var key: IdempotencyKey?
    /// Hears the request's queue position.
    package var listener: PlaceListener?
    /// Hears the progress at the provider.
    package var progress: ProgressListener?
    /// Puts the prompt into English for models that want it.
    package var translator: Translator?
    /// Whether the service stops, so that a provider's job is left to the next start.
    package var leavesJobs: @Loop @Sendable () -> Bool = { false }
    /// The name under which the pictures are found again, or nil if they are not.
    var name: [UInt8]?
    /// The tenant whose files the pictures become, asked when each comes.
    private(set) var owner: @Loop @Sendable () -> LiveTenant
    /// Keeps the memory of the request for as long as the order goes on.
    package var retained: (any AnyObject & Sendable)?
    /// The call in the operator's reach, or nil for a turn's ask.
    private(set) var open: OpenCall?
    /// The memory of the queue entry and of the connection that waits.
    private var entry: LeaseHolder?
    /// Keeps the payer's work open, because the ask may outlive its caller when others share it.
    private let work: MemoryWork

    /// Makes an order.
    ///
    /// - Parameters:
    ///   - request: the pictures that are asked for.
    ///   - models: the models to try, in order, at least one for an order that is to be given.
    ///   - payer: the tenant who pays.
    ///   - memory: the memory leased beforehand, or nil to lease all of it from the payer's
    ///     account.
    ///   - requestID: for the log.
    ///   - since: the time since which the caller waits.
    @Loop package init(
        _ request: PictureRequest,
        _ models: [PictureChoice],
        _ payer: LiveTenant,
        memory: PrepaidMemory? = nil,
        requestID: String = "-",
        since: Instant
    ) {
        self.request = request
        self.models = models
        self.payer = payer
        self.memory = memory ?? PrepaidMemory(of: payer.account)
        self.requestID = requestID
        self.since = since
        owner = { payer }
        work = payer.account.begin()
    }

    /// This ask with the memory of its queue entry, and of its connection if `listening`.
    ///
    /// - Throws: ``BotError/memory(_:)``.
    @Loop package func entered(listening: Bool) throws(BotError) -> PictureAsk {
        guard entry == nil else { return self }
        var ask = self
        ask.entry = try memory.entry(listening: listening)
        return ask
    }

    /// This ask with the call that the operator can end.
    func opened(as call: OpenCall?) -> PictureAsk {
        guard let call else { return self }
        var ask = self
        ask.open = call
        let told = progress
        ask.progress = { [weak call] progress in
            call?.progress = progress
            told?(progress)
        }
        return ask
    }

    /// This ask as the order of a flight, which tells all of its callers.
    func flying(in flight: PictureFlight) -> PictureAsk {
        var ask = self
        ask.open = nil
        ask.listener = { [weak flight] in flight?.tell($0) }
        ask.progress = { [weak flight] in flight?.tell($0) }
        ask.leavesJobs = { [weak flight] in flight?.leavesJob ?? false }
        ask.owner = { [weak flight, payer] in flight?.owner ?? payer }
        return ask
    }

    /// The most that `model` may cost.
    func worstCase(_ model: PictureChoice) -> Amounts {
        let count = Int64(request.count)
        return Amounts((.requests, 1), (.images, count), (.micros, count * model.micros))
    }
}
