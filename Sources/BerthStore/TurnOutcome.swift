/// The end of a turn.
package struct TurnOutcome: Equatable, Sendable {
    /// The way a turn ends, as its readers are told.
    package enum End: String, Sendable {
        case done
        case stopped
        case failed
        /// The service stops. Nothing more comes now. The turn goes on at the next start.
        case interrupted
        /// The outcome of its call is unknown: the service was killed, or the provider did not say
        /// whether it took the work.
        case uncertain
    }

    /// The way in which it ended.
    package var end: End
    /// The answer.
    package var answer: String
    /// The reason of a failure, in words for the author.
    package var error: String?
    /// The reason of a failure in English and without content, for the operator.
    package var why: String?
    /// As the provider knows it.
    package var model: String?
    /// The reason for which the model ended the answer, or nil if it did not.
    package var ending: Turn.Ending?
    /// The model's reasoning before the answer, or "" if it told none.
    package var reasoning = ""
    /// The sources that the answer cites, as a JSON list of objects, or "" if it cites none.
    package var sources = ""
    /// The pictures of the answer.
    package var pictures: [TurnPicture] = []
    /// Tokens of prompts.
    package var inputTokens = 0
    /// Tokens of answers.
    package var outputTokens = 0
    /// Whether the tokens are our estimate, not the provider's count.
    package var isEstimated = false

    /// Whether its prompt is the first of its branch that had no room for all earlier messages, or the
    /// first that had a summary of them.
    package var beginsToForget = false
    /// Whether its prompt had a summary of all that it had no room for.
    package var isSummarized = false
    /// Whether the answer comes from the cache.
    package var isCached = false
    /// The cost of the answer in millionths of a dollar.
    package var micros: Int64 = 0

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
    /// The state of the steps that are open at the end.
    var stateOfSteps: TurnStep.State {
        switch self {
        case .done: .done
        case .uncertain: .uncertain
        case .stopped, .failed, .interrupted: .failed
        }
    }

    /// The event that the end is to the turn.
    var event: Turn.Event {
        switch self {
        case .done: .finish
        case .stopped: .stop
        case .failed: .giveUp
        case .interrupted: .interrupt
        case .uncertain: .lose
        }
    }
}
