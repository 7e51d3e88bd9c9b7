import BerthLoop
import BerthQueue
import BerthStore
import BerthWork

/// One turn's way from its acceptance to its end, as a table without effects.
///
/// The runner tells the machine each event and does the one action that it returns. The stored
/// states are those of ``Turn/State``. This machine decides when to leave them.
///
/// | event | state | action |
/// |---|---|---|
/// | begun | | ask, or wait if a stored pause is not over |
/// | due | | ask |
/// | answered | | end as done |
/// | failed | stopped by its author | end as stopped |
/// | failed | nobody knows what its provider did | end as uncertain |
/// | failed | the service stops | end as interrupted: it goes on at the next start |
/// | failed | a second time, while others are answered | end as failed |
/// | failed | passing, without a word, attempts and time left | retry later |
/// | failed | otherwise | end as failed |
/// | scheduled | | wait |
/// | unscheduled | stopped by its author | end as stopped |
/// | unscheduled | the service stops | end as interrupted |
/// | unscheduled | otherwise | end as failed |
struct TurnMachine {
    /// An event of the turn.
    enum Event {
        /// It was accepted, or taken up again.
        case begun
        /// Its pause is over, or was lifted.
        case due
        /// Its answer came whole.
        case answered
        /// Its step failed, or was ended.
        case failed(Disposition)
        /// The retry is on the disk.
        case scheduled
        /// The retry could not be written down.
        case unscheduled
    }

    /// The one thing to do next.
    enum Action: Equatable {
        /// Wait until then.
        case wait(until: Timestamp)
        /// Run the step.
        case ask
        /// Write down that the turn is tried again at that time.
        case retryLater(at: Timestamp)
        /// Write the end. `givenUp` says why a failure that passes is not tried once more.
        case end(TurnOutcome.End, givenUp: Backoff.Reason? = nil)
    }

    /// The moment of an event.
    struct Moment {
        let now: Instant
        /// The time for ``Action/wait(until:)``, which never jumps.
        let timestamp: Timestamp
    }

    /// The number of failed attempts at which a provider was asked.
    private(set) var attempts: Int
    /// Whether the answer has its first word.
    ///
    /// From then on the turn is not tried again.
    var hasText = false
    /// Whether its author wants no more of it.
    var isStopped = false
    /// Whether the service stops.
    var isInterrupted = false
    private var due: Timestamp?
    private let backoff: Backoff
    private let deadline: Instant

    /// Begins a turn.
    ///
    /// - Parameters:
    ///   - attempts: the failed attempts of an earlier run.
    ///   - due: the time of its next attempt, or nil for at once.
    ///   - deadline: no attempt begins later.
    ///   - backoff: the pauses between attempts.
    init(attempts: Int = 0, due: Timestamp? = nil, deadline: Instant, backoff: Backoff) {
        self.attempts = attempts
        self.due = due
        self.deadline = deadline
        self.backoff = backoff
    }

    /// The action that follows an event.
    mutating func next(
        after event: Event,
        at moment: Moment,
        using random: inout SeededGenerator
    ) -> Action {
        switch event {
        case .due:
            due = nil
            return .ask
        case .begun, .scheduled:
            guard let due, due > moment.timestamp else {
                self.due = nil
                return .ask
            }
            return .wait(until: due)
        case .answered: return .end(.done)
        case .failed(let failure): return afterFailure(failure, at: moment, using: &random)
        case .unscheduled: return .end(endOfWork ?? .failed)
        }
    }

    /// The end of a turn that its author or the service has stopped, or nil for any other.
    private var endOfWork: TurnOutcome.End? {
        if isStopped { return .stopped }
        return isInterrupted ? .interrupted : nil
    }

    private mutating func afterFailure(
        _ failure: Disposition,
        at moment: Moment,
        using random: inout SeededGenerator
    ) -> Action {
        if isStopped { return .end(.stopped) }
        // The next start would buy it again.
        if failure.isUncertain { return .end(.uncertain) }
        if let end = endOfWork { return .end(end) }
        if failure.isShutdown { return .end(.interrupted) }
        // Only a failure that passes and surely bought nothing is tried again. The rest is for a
        // person to decide.
        guard failure.isPassing, !hasText else { return .end(.failed) }
        // A provider that was not asked is no attempt. The deadline holds all the same.
        if !failure.isBeforeProvider { attempts += 1 }
        if let most = failure.mostAttempts, attempts >= most {
            return .end(.failed, givenUp: .attemptsUsed(attempts))
        }
        let decision = backoff.decide(
            attempt: min(max(1, attempts), backoff.attempts),
            retryAfter: failure.wait,
            deadline: deadline,
            at: moment.now,
            using: &random
        )
        switch decision {
        case .giveUp(let reason):
            return .end(.failed, givenUp: reason == .attemptsUsed(1) ? nil : reason)
        case .retry(let pause):
            let due = moment.timestamp + pause
            self.due = due
            return .retryLater(at: due)
        }
    }
}
