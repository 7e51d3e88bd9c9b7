import BerthText

/// An entry's estimated queue position and wait.
package struct QueuePlace: Equatable, Sendable, CustomStringConvertible {
    /// The number of entries expected to start before this one; 0 for the next.
    package let ahead: Int
    /// The estimated time until the entry starts.
    package let wait: Duration
    /// The cause of the wait, or nil if the entry waits for its turn.
    package let cause: Cause?

    /// A cause of a wait other than the queue.
    package enum Cause: String, Equatable, Sendable {
        /// The process is short of memory.
        case memory
        /// The model or its provider has failed, and is asked again after the wait.
        case failing
        /// The model or its provider has asked for a pause of about the wait.
        case paused
    }

    /// Makes a position.
    ///
    /// Neither number is negative.
    package init(ahead: Int, wait: Duration, cause: Cause? = nil) {
        self.ahead = ahead
        self.wait = wait
        self.cause = cause
    }

    /// The text for logs, such as `position 3 in the queue, about 40 s`.
    package var description: String {
        switch cause {
        case .memory: "waiting for memory"
        case .failing: "waiting for a failing model, about \(wait.secondsRoundedUp) s"
        case .paused: "waiting for a paused model, about \(wait.secondsRoundedUp) s"
        case nil: "position \(ahead + 1) in the queue, about \(wait.secondsRoundedUp) s"
        }
    }
}
