import BerthLoop

/// A request for a permit.
package struct WorkRequest: Sendable {
    /// The lane in which it is queued.
    package let lane: Lane
    /// The tenant that is charged.
    package let tenant: String
    /// The provider's name of the model that it asks.
    package let model: String
    /// The request's identity over all its attempts.
    package let mark: RequestMark
    /// The prediction of its cost, for fairness.
    package let predict: WorkCost.Prediction
    /// The predicted input and output tokens together, for the provider's rate limit.
    package let tokens: Int

    /// Makes a request.
    ///
    /// `tokens` is raised to 0 if it is negative.
    package init(
        lane: Lane,
        tenant: String,
        model: String = "",
        mark: RequestMark = RequestMark(),
        tokens: Int,
        predict: @escaping WorkCost.Prediction
    ) {
        self.lane = lane
        self.tenant = tenant
        self.model = model
        self.mark = mark
        self.predict = predict
        self.tokens = max(0, tokens)
    }
}

/// Receives an entry's queue position, at most once a second and only after a change.
package typealias PlaceListener = @Loop @Sendable (QueuePlace) -> Void
