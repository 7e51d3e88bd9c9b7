/// The only source of time.
///
/// It is injected, so tests and the simulation can move it by hand.
@Loop package protocol Clock: AnyObject, Sendable {
    /// The current instant, for deadlines and durations.
    var now: Instant { get }
    /// The current date and time, for people and the database.
    var timestamp: Timestamp { get }
    /// Calls `action` on the loop after `delay` (0 or more), unless the timer is cancelled first.
    @discardableResult
    func schedule(after delay: Duration, _ action: @escaping @Loop () -> Void) -> Timer
}

extension Clock {
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
