/// The wish to stop: asked for once, seen by every part of the service.
@Loop package final class Stop {
    /// Whether the stop was asked for.
    package private(set) var isRequested = false
    /// In the order in which they began to wait, which is the order in which they are told.
    private var listeners: [Wakeup] = []

    /// Makes a stop that was not asked for.
    package nonisolated init() {}

    /// Asks every part to finish; the second time does nothing.
    package func request() {
        isRequested = true
        for listener in listeners { listener.signal() }
        listeners = []
    }

    /// Returns when the stop was asked for or the task is cancelled.
    package func requested() async { await requested(or: Wakeup()) }

    /// Returns when the stop was asked for, `wakeup` was signalled or the task is cancelled.
    package func requested(or wakeup: Wakeup) async {
        guard !isRequested else { return }
        listeners.append(wakeup)
        try? await wakeup.wait()  // cancelled is an end of waiting too
        listeners.removeAll { $0 === wakeup }
    }
}

/// A part of the process that works until the stop, then finishes what it has begun; cancellation
/// means at once.
package protocol Service: Sendable {
    /// Runs until `stop` and returns when everything begun is finished.
    @Loop func run(until stop: Stop) async throws
}

/// A stop took longer than its grace.
package struct GraceExceeded: Error, CustomStringConvertible {
    /// How long it was given.
    package let grace: Duration
    package var description: String {
        "open work was cut off: it had not finished \(Int(grace.seconds)) s after the stop"
    }
}

/// Runs every service until all have returned; the first error asks the others to stop.
///
/// - Parameters:
///   - services: started in order, stopped together.
///   - stop: ends them in good order.
///   - grace: how long they may take after the stop before they are cancelled.
///   - clock: measures the grace.
/// - Throws: the first error of a service, or ``GraceExceeded``.
@Loop package func serve(
    _ services: [any Service],
    until stop: Stop,
    grace: Duration,
    clock: any Clock
) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
        for service in services {
            group.addTask {
                try await service.run(until: stop)
                return true
            }
        }
        group.addTask {
            await stop.requested()
            try await clock.sleep(for: grace)
            throw GraceExceeded(grace: grace)
        }
        var running = services.count
        while running > 0, try await group.next() != nil { running -= 1 }
        group.cancelAll()
    }
}
