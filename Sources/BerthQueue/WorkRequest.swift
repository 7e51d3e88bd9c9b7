import BerthLoop

/// What somebody wants a permit for.
package struct WorkRequest: Sendable {
    /// Which lane it waits in.
    package let lane: Lane
    /// Who pays.
    package let tenant: String
    /// Predicts the cost, for fairness.
    package let predict: WorkCost.Prediction
    /// Predicted tokens, in and out together, for the provider's rate.
    package let tokens: Int

    /// Makes a request; `tokens` is 0 or more.
    package init(
        lane: Lane,
        tenant: String,
        tokens: Int,
        predict: @escaping WorkCost.Prediction
    ) {
        self.lane = lane
        self.tenant = tenant
        self.predict = predict
        self.tokens = max(0, tokens)
    }
}

/// Hears how an entry stands: at most once a second, and only when that has changed.
package typealias PlaceListener = @Loop @Sendable (QueuePlace) -> Void

/// One who waits; answered exactly once.
@Loop final class Waiter {
    let request: WorkRequest
    let listener: PlaceListener?
    private var answer: (@Loop (Result<Permit, QueueError>) -> Void)?

    init(
        _ request: WorkRequest,
        listener: PlaceListener?,
        answer: @escaping @Loop (Result<Permit, QueueError>) -> Void
    ) {
        self.request = request
        self.listener = listener
        self.answer = answer
    }

    func finish(_ result: Result<Permit, QueueError>) {
        let answer = answer
        self.answer = nil
        answer?(result)
    }
}
