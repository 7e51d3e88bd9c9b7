/// A clock that moves only by ``advance(by:)``, for tests and for virtual days.
///
/// A timer without a delay fires in the loop's next turn, as it does on the machine's clock.
@Loop package final class ManualClock: Clock {
    private var timers = TimerQueue()
    private var elapsed = Instant(nanoseconds: 0)
    private let start: Timestamp

    /// Makes a clock that stands still at `timestamp`.
    package nonisolated init(at timestamp: Timestamp = Timestamp(milliseconds: 1_760_000_000_000)) {
        start = timestamp
    }

    package var now: Instant { elapsed }

    package var timestamp: Timestamp { start + (elapsed - Instant(nanoseconds: 0)) }

    /// The number of pending timers.
    ///
    /// A test waits for it before it moves the clock.
    package var pending: Int { timers.count }

    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping @Loop () -> Void) -> Timer {
        let timer = Timer(
            deadline: elapsed + delay,
            action: action,
            unschedule: { [weak self] in self?.timers.remove($0) }
        )
        timers.insert(timer)
        if delay <= .zero { EventLoop.shared.post { [weak self] in self?.advance(by: .zero) } }
        return timer
    }

    /// Moves the clock forward by `duration`, and fires each timer on the way at its own deadline.
    package func advance(by duration: Duration) {
        let end = elapsed + duration
        while let next = timers.next, next <= end {
            elapsed = max(elapsed, next)
            let limit = timers.nextSequence
            while let timer = timers.popDue(at: elapsed, before: limit) { timer.fire() }
        }
        elapsed = end
    }
}
