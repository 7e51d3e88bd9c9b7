package import BerthLoop

/// The right to make one call to one provider.
///
/// Its holder reports the outcome of the call once. A permit released without an outcome counts as
/// cancelled.
@Loop package final class Permit {
    /// The facts that the gate needs at the end of the call.
    struct Call: Sendable {
        let began: Instant
        let tenant: String
        let model: String
        let mark: RequestMark
        let tokens: Int
        let probes: ProbedBreakers
    }

    private let call: Call
    private let gate: ProviderGate
    private var isEnded = false
    private var hasAnswered = false
    /// Called at the end of the call with its actual cost, or nil if the cost is unknown.
    var settle: (@Loop (CallOutcome, WorkCost?) -> Void)?

    init(call: Call, gate: ProviderGate) {
        self.call = call
        self.gate = gate
    }

    /// Records that the answer has begun.
    package func beginAnswer() {
        guard !hasAnswered, !isEnded else { return }
        hasAnswered = true
        gate.answerBegan(call)
    }

    /// Whether the model answers other requests at this time, so that a failure of this one is not
    /// the model's.
    package var othersAreAnswered: Bool { gate.answersOthers(than: call, hasAnswered: hasAnswered) }

    /// Reports the outcome of the call.
    ///
    /// Only the first report counts.
    ///
    /// - Parameters:
    ///   - outcome: the outcome.
    ///   - tokens: the tokens that the provider counts. If nil, the reserved tokens are charged, or
    ///     none after a failure.
    ///   - cost: the cost charged to the tenant in the queue. If nil, the predicted cost is
    ///     charged, or a quarter of it after a failure.
    package func end(_ outcome: CallOutcome, tokens: Int? = nil, cost: WorkCost? = nil) {
        guard !isEnded else { return }
        isEnded = true
        settle?(outcome, cost)
        if hasAnswered { gate.answerEnded(call) }
        gate.end(call, outcome, tokens: tokens)
    }

    deinit {
        guard !isEnded else { return }
        let (call, gate, settle, hasAnswered) = (call, gate, settle, hasAnswered)
        Loop.post {
            settle?(.cancelled, nil)
            if hasAnswered { gate.answerEnded(call) }
            gate.end(call, .cancelled, tokens: nil)
        }
    }
}
