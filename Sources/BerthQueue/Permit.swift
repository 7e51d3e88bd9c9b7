package import BerthLoop

/// The right to one call at one provider.
///
/// Whoever holds it says how the call ended, once; a permit that is dropped without a word counts
/// as cancelled.
@Loop package final class Permit {
    /// What the gate must know to end the call.
    struct Call: Sendable {
        let began: Instant
        let tokens: Int
        let isProbe: Bool
    }

    /// The provider that it is for.
    package let provider: String
    /// Whether the call finds out if a failing provider is back: it deserves a short deadline.
    package var isProbe: Bool { call.isProbe }

    private let call: Call
    private let gate: ProviderGate
    private var isEnded = false
    /// Told what the call has really cost; nil: not known.
    var settle: (@Loop (CallOutcome, WorkCost?) -> Void)?

    init(call: Call, gate: ProviderGate) {
        self.call = call
        self.gate = gate
        provider = gate.provider
    }

    /// Says how the call ended; the second time does nothing.
    ///
    /// - Parameters:
    ///   - outcome: what happened.
    ///   - tokens: how many the provider counts; nil: all that were reserved, none after a failure.
    ///   - cost: what the tenant is charged in the queue; nil: as predicted, a quarter of it after
    ///     a failure.
    package func end(_ outcome: CallOutcome, tokens: Int? = nil, cost: WorkCost? = nil) {
        guard !isEnded else { return }
        isEnded = true
        settle?(outcome, cost)
        gate.end(call, outcome, tokens: tokens)
    }

    deinit {
        guard !isEnded else { return }
        let (call, gate, settle) = (call, gate, settle)
        Loop.post {
            settle?(.cancelled, nil)
            gate.end(call, .cancelled, tokens: nil)
        }
    }
}
