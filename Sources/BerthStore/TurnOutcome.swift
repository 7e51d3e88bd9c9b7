/// The end of a turn.
package struct TurnOutcome: Equatable, Sendable {
    /// The way a turn ends, as its readers are told.
    package enum End: String, Sendable {
        case done
        case stopped
        case failed
        /// The service stops. Nothing more comes now. The turn goes on at the next start.
        case interrupted
        /// The service was killed, and the outcome of its call is unknown.
        case uncertain
    }

    /// The way in which it ended.
    package var end: End
    /// The answer.
    package var answer: String
    /// The reason of a failure, in words for the author.
    package var error: String?
    /// As the provider knows it.
    package var model: String?
    /// The reason for which the model ended the answer, or nil if it did not.
    package var ending: Turn.Ending?
    /// The model's reasoning before the answer, or "" if it told none.
    package var reasoning = ""
    /// The sources that the answer cites, as a JSON list of objects, or "" if it cites none.
    package var sources = ""
    /// Tokens of prompts.
    package var inputTokens = 0
    /// Tokens of answers.
    package var outputTokens = 0
    /// Whether the tokens are our estimate, not the provider's count.
    package var isEstimated = false

    /// Makes an end without usage.
    ///
    /// Set what is known of it.
    package init(_ end: End, answer: String, error: String? = nil, model: String? = nil) {
        self.end = end
        self.answer = answer
        self.error = error
        self.model = model
    }
}

extension TurnOutcome.End {
    /// The event that the end is to the turn, or nil for the one that only a start finds.
    var event: Turn.Event? {
        switch self {
        case .done: .finish
        case .stopped: .stop
        case .failed: .giveUp
        case .interrupted: .interrupt
        case .uncertain: nil
        }
    }
}
