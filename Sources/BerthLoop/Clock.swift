import Synchronization

/// The only source of time: injected, so that tests and the simulation move it by hand.
@Loop package protocol Clock: AnyObject, Sendable {
    /// Now, for deadlines and durations.
    var now: Instant { get }
    /// Now, for people, the log and the database; from any thread.
    nonisolated var timestamp: Timestamp { get }
    /// Calls `action` on the loop after `delay` (0 or more), unless the timer is cancelled first.
    @discardableResult
    func schedule(after delay: Duration, _ action: @escaping @Loop () -> Void) -> Timer
}

extension Clock {
    /// Waits `delay` or until the task is cancelled; a cancelled wait leaves nothing behind.
    ///
    /// - Throws: `CancellationError` at once when the task is cancelled.
    package func sleep(for delay: Duration) async throws(CancellationError) {
        let wakeup = Wakeup()
        let timer = schedule(after: delay) { wakeup.signal() }
        defer { timer.cancel() }
        try await wakeup.wait()
    }
}

/// The machine's clock.
@Loop package final class SystemClock: Clock {
    /// Makes the machine's clock; all of them are alike.
    package nonisolated init() {}

    package var now: Instant { .now }

    package nonisolated var timestamp: Timestamp { .now }

    @discardableResult
    package func schedule(
        after delay: Duration,
        _ action: @escaping @Loop () -> Void
    ) -> Timer {
        let timer = Timer(
            deadline: .now + delay,
            action: action,
            unschedule: { EventLoop.shared.unschedule($0) }
        )
        EventLoop.shared.schedule(timer)
        return timer
    }
}

/// A clock that moves only by ``advance(by:)``: for tests and for virtual days.
///
/// What is due at once fires in the loop's next turn, as it does on the machine's clock.
@Loop package final class ManualClock: Clock {
    private var timers = TimerQueue()
    private var elapsed = Instant(nanoseconds: 0) {
        didSet { reading.withLock { $0 = elapsed } }
    }
    /// A copy of ``elapsed`` for other threads.
    private let reading = Mutex(Instant(nanoseconds: 0))
    private let start: Timestamp

    /// Starts at `timestamp` and stands still.
    package nonisolated init(at timestamp: Timestamp = Timestamp(milliseconds: 1_760_000_000_000)) {
        start = timestamp
    }

    package var now: Instant { elapsed }

    package nonisolated var timestamp: Timestamp {
        start + (reading.withLock { $0 } - Instant(nanoseconds: 0))
    }

    /// How many timers wait: what a test awaits before it moves the clock.
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

    /// Moves to each deadline up to `duration` from now in order, and fires it there.
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
