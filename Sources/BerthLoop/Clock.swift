/// The only source of time.
///
/// It is injected, so tests and the simulation can move it by hand.
@Loop package protocol Clock: AnyObject, Sendable {
    /// The current instant, for deadlines and durations.
    ///
    /// It can be read on any thread, like all times of a clock.
    nonisolated var now: Instant { get }
    /// The current date and time, for people, quotas and the database.
    ///
    /// A ``SteadyClock`` keeps it from jumping.
    nonisolated var timestamp: Timestamp { get }
    /// The date and time of the machine's own clock, for the log. It may jump.
    nonisolated var wall: Timestamp { get }
    /// A date that goes on with ``now`` alone, also over restarts, for stored due times.
    ///
    /// It may differ from ``timestamp``, so only times of this kind compare with it.
    nonisolated var even: Timestamp { get }
    /// The month in which spending counts now.
    nonisolated var month: CalendarMonth { get }
    /// The name of the origin of ``now``: the instants of two processes compare if it is the same.
    ///
    /// It is empty if it is not known.
    nonisolated var origin: String { get }
    /// Calls `action` on the loop after `delay` (0 or more), unless the timer is cancelled first.
    @discardableResult
    func schedule(after delay: Duration, _ action: @escaping @Loop () -> Void) -> Timer
}

extension Clock {
    package nonisolated var wall: Timestamp { timestamp }
    package nonisolated var even: Timestamp { timestamp }
    package nonisolated var month: CalendarMonth { timestamp.month }
    package nonisolated var origin: String { "" }

    /// Waits for `delay` or until the task is cancelled.
    ///
    /// A cancelled wait leaves no timer behind.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(for delay: Duration) async throws(CancellationError) {
        let wakeup = Wakeup()
        let timer = schedule(after: delay) { wakeup.signal() }
        defer { timer.cancel() }
        try await wakeup.wait()
    }
}
