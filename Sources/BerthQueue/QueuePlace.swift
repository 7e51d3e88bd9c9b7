import BerthText

/// An entry's estimated queue position and wait.
package struct QueuePlace: Equatable, Sendable, CustomStringConvertible {
    /// The number of entries expected to start before this one; 0 for the next.
    package let ahead: Int
    /// The estimated time until the entry starts.
    package let wait: Duration
    /// The reason for the wait, for users; nil if the entry is waiting for its turn.
    package let why: String?

    /// Makes a position.
    ///
    /// Neither number is negative.
    package init(ahead: Int, wait: Duration, why: String? = nil) {
        self.ahead = ahead
        self.wait = wait
        self.why = why
    }

    /// The text for users, such as `position 3 in the queue, about 40 s`.
    package var description: String {
        why ?? "position \(ahead + 1) in the queue, about \(wait.secondsRoundedUp) s"
    }
}
