import Synchronization

/// A clock that moves only by ``advance(by:)`` and ``run()``, for tests and for virtual days.
///
/// A timer without a delay fires in the loop's next turn, as it does on the machine's clock.
@Loop package final class ManualClock: Clock {
    private var timers = TimerQueue()
    private var elapsed: Instant {
        get { reading.withLock { $0.elapsed } }
        set { reading.withLock { $0.elapsed = newValue } }
    }
    private let reading: Mutex<Reading>

    private struct Reading {
        var elapsed = Instant(nanoseconds: 0)
        /// The date at the instant 0.
        var start: Timestamp
    }

    /// Makes a clock that stands still at `timestamp`.
    package nonisolated init(at timestamp: Timestamp = Timestamp(milliseconds: 1_760_000_000_000)) {
        reading = Mutex(Reading(start: timestamp))
    }

    package nonisolated var now: Instant { reading.withLock { $0.elapsed } }

    package nonisolated var timestamp: Timestamp {
        reading.withLock { $0.start + ($0.elapsed - Instant(nanoseconds: 0)) }
    }

    package nonisolated var origin: String { "manual" }

    /// Sets the date by `jump` without a passage of time, as an operator or NTP does.
    package nonisolated func step(by jump: Duration) {
        reading.withLock { $0.start = $0.start + jump }
    }

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

    /// Moves to the next timer whenever the loop has nothing ready, until the task is cancelled.
    ///
    /// It does not wait for work of other threads or for descriptors.
    package func run() async {
        while !Task.isCancelled {
            await EventLoop.shared.idle()
            if let next = timers.next { advance(by: max(.zero, next - elapsed)) }
        }
    }
}
