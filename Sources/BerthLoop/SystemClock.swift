import Glibc

/// The machine's clock.
@Loop package final class SystemClock: Clock {
    /// Makes the machine's clock.
    ///
    /// All instances show the same time.
    package nonisolated init() {}

    package nonisolated var now: Instant { .now }

    package nonisolated var timestamp: Timestamp { .now }

    /// The kernel's name of this boot.
    package nonisolated var origin: String { SystemClock.boot }

    private nonisolated static let boot: String = {
        let file = unsafe open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 36)
        let count = unsafe read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }()

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
