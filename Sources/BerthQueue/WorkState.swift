/// Where a piece of queued work stands: what the database keeps, and what survives kill -9.
///
/// | state       | start   | finish | retryLater | giveUp | stop    | foundUnsent | foundSent | resume   | retry    |
/// |-------------|---------|--------|------------|--------|---------|-------------|-----------|----------|----------|
/// | accepted    | running | –      | –          | failed | stopped | accepted    | –         | –        | –        |
/// | running     | –       | done   | waiting    | failed | stopped | interrupted | uncertain | –        | –        |
/// | waiting     | –       | –      | –          | failed | stopped | waiting     | –         | accepted | accepted |
/// | interrupted | –       | –      | –          | failed | stopped | interrupted | –         | accepted | accepted |
/// | uncertain   | –       | done   | –          | failed | stopped | uncertain   | uncertain | –        | accepted |
/// | failed      | –       | –      | –          | –      | –       | failed      | failed    | –        | accepted |
/// | stopped     | –       | –      | –          | –      | –       | stopped     | stopped   | –        | –        |
/// | done        | –       | –      | –          | –      | –       | done        | done      | –        | –        |
///
/// "–" is refused: whoever asks is late (a stop after the end) or wrong, and nothing changes. Only
/// `start` leads to a provider, so what is *uncertain* is bought again by a person's `retry` alone.
package enum WorkState: String, CaseIterable, Sendable {
    /// Written down, waits for its turn.
    case accepted
    /// Has a permit; its call may be at the provider.
    case running
    /// Failed in a way that passes; waits out its back-off.
    case waiting
    /// Was running when the process ended, before its call was sent: goes on by itself.
    case interrupted
    /// Was running when the process ended, after its call was sent: nobody knows the outcome.
    case uncertain
    /// Answered.
    case done
    /// Ended by whoever asked.
    case stopped
    /// Given up, with a reason that is kept beside it.
    case failed

    /// What happens to work.
    package enum Event: String, CaseIterable, Sendable {
        /// It got a permit.
        case start
        /// Its answer is complete; for uncertain work: the provider still had it.
        case finish
        /// The call failed and ``Backoff`` says to try again.
        case retryLater
        /// The call failed for good, or the budget of attempts or time is used up.
        case giveUp
        /// Whoever asked does not want it any more.
        case stop
        /// The start found it; no call of it was sent without an answer.
        case foundUnsent
        /// The start found it; a call of it was sent and its outcome is unknown.
        case foundSent
        /// Its back-off is over, or the start lets it go on.
        case resume
        /// A person asked for it again.
        case retry
    }

    /// The state after `event`, or nil where the table has "–"; pure.
    package func after(_ event: Event) -> WorkState? {
        switch (self, event) {
        case (.accepted, .start): .running
        case (.running, .finish), (.uncertain, .finish): .done
        case (.running, .retryLater): .waiting
        case (_, .giveUp) where !isFinal: .failed
        case (_, .stop) where !isFinal: .stopped
        case (.running, .foundUnsent): .interrupted
        case (.running, .foundSent): .uncertain
        case (_, .foundUnsent): self
        case (_, .foundSent) where isFinal || self == .uncertain: self
        case (.waiting, .resume), (.interrupted, .resume): .accepted
        case (.waiting, .retry), (.interrupted, .retry), (.uncertain, .retry), (.failed, .retry):
            .accepted
        default: nil
        }
    }

    /// Whether nothing goes on by itself or is owed to anybody: done, stopped, failed.
    package var isFinal: Bool { self == .done || self == .stopped || self == .failed }
}
