import BerthLoop
import BerthProviders
import BerthQueue

/// A call's permit, to which the call's end is reported once.
@Loop final class CallPermit {
    private let permit: Permit
    private let model: PaidModel
    private let queues: ProviderQueues
    private let clock: any Clock
    private let began: Instant
    private var latency: Duration?

    init(_ permit: Permit, _ model: PaidModel, _ queues: ProviderQueues, clock: any Clock) {
        self.permit = permit
        self.model = model
        self.queues = queues
        self.clock = clock
        began = clock.now
    }

    /// Notes that the first of the answer has come.
    func hasAnswered() {
        latency = latency ?? clock.now - began
        permit.beginAnswer()
    }

    /// Ends the permit of a call whose answer came whole.
    func end(_ usage: TokenUsage) {
        hasAnswered()
        let duration = clock.now - began
        queues.learn(model, duration, output: usage.output)
        permit.end(
            .done(latency: latency ?? duration),
            tokens: usage.input + usage.output,
            cost: WorkCost(duration: duration, micros: model.price.cost(of: usage))
        )
    }

    /// Ends the permit of an order whose pictures were made.
    func end(_ made: PictureBill, atPrice price: Int64) {
        end(costing: Int64(made.pictures) * price)
    }

    /// Ends the permit of a call without tokens, with its cost in millionths of a dollar.
    func end(costing micros: Int64) {
        hasAnswered()
        let duration = clock.now - began
        queues.learn(model, duration, output: 0)
        permit.end(
            .done(latency: latency ?? duration),
            tokens: 0,
            cost: WorkCost(duration: duration, micros: micros)
        )
    }

    /// The failure of this call, which is the request's if others are answered meanwhile.
    func blamed(_ error: ProviderError) -> ProviderError {
        guard case .unavailable(let provider, let status, retryAfter: nil, _) = error,
            status >= 500,
            permit.othersAreAnswered
        else { return error }
        return .failedAlone(provider: provider, status: status)
    }

    /// Ends the permit of a call that failed.
    func end(after error: ProviderError) { permit.end(error.outcome) }
}

extension ProviderError {
    /// The outcome for the queue.
    fileprivate var outcome: CallOutcome {
        switch self {
        case .cancelled, .memory, .memoryMidway, .busy, .untranslatable: .cancelled
        case .rateLimited(_, let retryAfter, _): .failed(.rateLimited(retryAfter: retryAfter))
        case .unavailable(_, 503, let retryAfter, _), .unavailable(_, 529, let retryAfter, _):
            .failed(.overloaded(retryAfter: retryAfter))
        case .failedAlone(_, 503), .failedAlone(_, 529): .failed(.overloaded(retryAfter: nil))
        case .unreachable: .failed(.unreachable)
        case .timedOut, .uncertain: .failed(.timedOut)
        case .keyRefused, .accountEmpty: .failed(.unusable)
        // One prompt that gets no words is no fault of the provider's.
        case .refused, .rejectedJob, .wordless: .failed(.refused)
        case .unavailable, .failedAlone, .failedMidway, .cut, .malformed, .undelivered, .unreadable:
            .failed(.broken)
        }
    }
}
