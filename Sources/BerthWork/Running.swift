import BerthLoop
package import BerthProviders
import BerthQueue
package import BerthStore

/// A call that its provider may have heard of: the third phase of paid work.
///
/// Its reservation is on the disk. Only a value of this type asks a provider, because only it makes
/// the `ChatCall` that a provider is asked with.
///
/// It ends by ``settle(_:sharedWith:)`` or ``fail(_:_:sharedWith:)``. A value that goes out of
/// scope is charged as a call that was cancelled.
struct Running: ~Copyable {
    let call: PendingCall
    /// The call's row in the ledger.
    let row: Call.ID
    private let permit: CallPermit?
    private let meter: Meter
    private var isOpen = true

    init(_ call: PendingCall, row: Call.ID, permit: CallPermit?, meter: Meter) {
        self.call = call
        self.row = row
        self.permit = permit
        self.meter = meter
    }

    /// Asks the call's provider for a whole answer to `ask`.
    ///
    /// - Throws: `ProviderError`. The call is then to be ended by ``fail(_:_:sharedWith:)``.
    @Loop func complete(
        _ ask: Ask,
        at model: ModelChoice
    ) async throws(ProviderError) -> ChatCompletion {
        try await model.provider.complete(request(ask, at: model))
    }

    /// Asks the call's provider for a streamed answer to `ask`, and returns when it begins.
    ///
    /// - Throws: `ProviderError`. The call is then to be ended by ``fail(_:_:sharedWith:)``.
    @Loop func stream(
        _ ask: Ask,
        at model: ModelChoice
    ) async throws(ProviderError) -> any ChatStream {
        try await model.provider.stream(request(ask, at: model))
    }

    /// The order of pictures as the provider gets it.
    ///
    /// The caller ends the call by ``settle(_:sharedWith:)-(PictureBill,_)`` or one of the other
    /// ends.
    @Loop func order(
        _ ask: PictureAsk,
        _ request: PictureRequest,
        at model: PictureChoice
    ) -> PictureCall {
        PictureCall(
            request: request,
            model: model.model,
            user: ask.payer.providerUser,
            memory: ask.memory
        )
    }

    /// Asks the call's provider for the transcript of a recording.
    ///
    /// - Throws: `ProviderError`. The call is then to be ended by
    ///   ``failOrder(_:isBought:sharedWith:)``.
    @Loop func transcribe(
        _ ask: SpeechAsk,
        at model: SpeechChoice
    ) async throws(ProviderError) -> Transcript {
        let call = SpeechCall(sound: ask.sound, model: model.model, memory: ask.memory)
        return try await model.provider.transcribe(call)
    }

    /// Asks the call's provider for embeddings.
    ///
    /// - Throws: `ProviderError`. The call is then to be ended by ``fail(_:_:sharedWith:)``.
    @Loop func embed(
        _ ask: EmbeddingAsk,
        at model: EmbeddingChoice
    ) async throws(ProviderError) -> Embeddings {
        let call = EmbeddingCall(
            request: ask.request,
            inputs: ask.inputs,
            model: model.model,
            user: ask.payer.providerUser,
            unknown: ask.unknown,
            memory: ask.memory
        )
        return try await model.provider.embed(call)
    }

    /// The request as the provider gets it.
    @Loop private func request(_ ask: Ask, at model: ModelChoice) -> ChatCall {
        var asked = ChatCall(
            request: ask.request,
            model: model.model,
            maximumOutput: ask.maximumOutput(model),
            user: ask.payer.providerUser,
            unknown: ask.unknown,
            memory: ask.memory
        )
        asked.isOwn = ask.isOwn
        return asked
    }

    /// Notes that the first of the answer has come.
    @Loop func hasAnswered() { permit?.hasAnswered() }

    /// The failure of this call, which is the request's if others are answered meanwhile.
    @Loop borrowing func blamed(_ error: ProviderError) -> ProviderError {
        permit?.blamed(error) ?? error
    }

    /// Charges the tokens that the call has cost, shared among all who asked for the same.
    ///
    /// - Parameters:
    ///   - usage: the tokens.
    ///   - bill: the others who share the call.
    ///   - text: the whole answer, which is kept if the call is an ``Errand``'s.
    /// - Returns: the settlement.
    @Loop consuming func settle(
        _ usage: TokenUsage,
        sharedWith bill: Bill?,
        buying text: String? = nil
    ) -> Settled {
        permit?.end(usage)
        let (meter, call, row) = pass()
        return meter.settle(call, row, usage, bill, buying: text)
    }

    /// Ends a call that failed: charges it as estimated if it may have been bought, else nothing.
    ///
    /// - Parameters:
    ///   - error: the failure.
    ///   - usage: the tokens of the prompt and of the answer that came before it, or nil if none came.
    ///   - bill: the others who share the call, or nil if they wait for the next model.
    /// - Returns: the settlement.
    @Loop consuming func fail(
        _ error: ProviderError,
        _ usage: TokenUsage? = nil,
        sharedWith bill: Bill?
    ) -> Settled {
        permit?.end(after: error)
        let (meter, call, row) = pass()
        guard (usage?.output ?? 0) > 0 || !error.meansNothingBought else {
            meter.release(call, row)
            bill?.release()
            return Settled()
        }
        let charged = (usage ?? .unknown).completed(prompt: call.input, rest: 0)
        return meter.settle(call, row, charged, bill)
    }

    /// Charges the pictures that the call has made.
    @Loop consuming func settle(_ made: PictureBill, sharedWith bill: Bill?) -> Settled {
        permit?.end(made, atPrice: call.model.picture)
        let (meter, call, row) = pass()
        return meter.settle(call, row, made, bill)
    }

    /// Charges the length of the recording that the call has transcribed, as the provider counts it
    /// or else as it is likely.
    @Loop consuming func settle(
        _ made: Transcript,
        of ask: SpeechAsk,
        at model: SpeechChoice
    ) -> Settled {
        let price = model.cost(ofSeconds: ask.charged(made.seconds))
        permit?.end(costing: price)
        let (meter, call, row) = pass()
        return meter.settle(call, row, made, atPrice: price)
    }

    /// Ends an order of pictures that failed: charges its reservation if it may have been bought,
    /// else nothing.
    ///
    /// - Parameters:
    ///   - error: the failure.
    ///   - isBought: whether pictures may have been made.
    ///   - bill: the others who share the call, or nil if they wait for the next model.
    /// - Returns: the settlement.
    @Loop consuming func failOrder(
        _ error: ProviderError,
        isBought: Bool,
        sharedWith bill: Bill?
    ) -> Settled {
        permit?.end(after: error)
        let (meter, call, row) = pass()
        guard isBought else {
            meter.release(call, row)
            bill?.release()
            return Settled()
        }
        return meter.settleWhole(call, row, isUncertain: error.isUncertain, bill)
    }

    /// Leaves the call open on the disk to the next start, because the service stops.
    @Loop consuming func leave() {
        permit?.end(after: .cancelled)
        _ = pass()
    }

    /// Ends a call whose provider was not asked after all.
    @Loop consuming func release() {
        permit?.end(after: .cancelled)
        let (meter, call, row) = pass()
        meter.release(call, row)
    }

    private consuming func pass() -> (Meter, PendingCall, Call.ID) {
        var running = self
        running.isOpen = false
        return (running.meter, running.call, running.row)
    }

    deinit {
        guard isOpen else { return }
        let (permit, meter, call, row) = (permit, meter, call, row)
        Loop.assumeIsolated {
            permit?.end(after: .cancelled)
            guard call.model.countsTokens else {
                _ = meter.settleWhole(call, row, isUncertain: true, nil)
                return
            }
            let usage = TokenUsage(input: call.input, output: 0, isEstimated: true)
            _ = meter.settle(call, row, usage, nil)
        }
    }
}

/// A call whose cost is known: the last phase of paid work.
///
/// The cost is in the payers' books. It is on the disk when the settlements are written: by the
/// caller, together with the end of a turn, or by the meter when this value goes out of scope.
package struct Settled: ~Copyable {
    /// The tokens that each payer is charged, or nil if nothing was bought.
    package let share: TokenUsage?
    private var settlements: [Settlement]
    private let meter: Meter?

    /// Makes the settlement of a call that cost nothing.
    init() { (share, settlements, meter) = (nil, [], nil) }

    /// Makes the settlement of pictures.
    init(_ settlements: [Settlement], by meter: Meter) {
        (share, self.settlements, self.meter) = (nil, settlements, meter)
    }

    init(share: TokenUsage, _ settlements: [Settlement], by meter: Meter) {
        self.share = share
        self.settlements = settlements
        self.meter = meter
    }

    /// Hands the settlements to a caller that writes them.
    package consuming func pass() -> [Settlement] {
        var settled = self
        defer { settled.settlements = [] }
        return settled.settlements
    }

    deinit {
        guard let meter, !settlements.isEmpty else { return }
        let settlements = settlements
        Loop.assumeIsolated { meter.write(settlements) }
    }
}
