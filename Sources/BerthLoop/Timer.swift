/// One pending call at a deadline, made by ``Clock/schedule(after:_:)``.
@Loop package final class Timer: HeapElement {
    /// The instant at which it fires, on the clock that made it.
    let deadline: Instant
    /// The number that orders timers with equal deadlines by the time at which they were made.
    var sequence: UInt64 = 0
    /// Nil if the timer has fired or was cancelled.
    package var heapIndex: Int?
    /// Nil if the timer has fired or was cancelled.
    ///
    /// The action usually holds the timer's owner, which often holds the timer, so clearing it
    /// breaks the cycle.
    private var action: (@Loop () -> Void)?
    private let unschedule: @Loop (Timer) -> Void

    init(
        deadline: Instant,
        action: @escaping @Loop () -> Void,
        unschedule: @escaping @Loop (Timer) -> Void
    ) {
        self.deadline = deadline
        self.action = action
        self.unschedule = unschedule
    }

    /// Removes the timer from its queue at once.
    ///
    /// Does nothing if it has fired or was cancelled.
    package func cancel() {
        if heapIndex != nil { unschedule(self) }
        action = nil
    }

    /// Calls the action, once.
    ///
    /// The timer must have been removed from its queue before.
    func fire() {
        let action = action
        self.action = nil
        action?()
    }

    package func isBefore(_ other: Timer) -> Bool {
        (deadline, sequence) < (other.deadline, other.sequence)
    }
}
