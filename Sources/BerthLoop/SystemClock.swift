/// The machine's clock.
@Loop package final class SystemClock: Clock {
    /// Makes the machine's clock.
    ///
    /// All instances show the same time.
    package nonisolated init() {}

    package var now: Instant { .now }

    package var timestamp: Timestamp { .now }

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
