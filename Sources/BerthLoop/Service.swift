/// A part of the process that works until the stop and then finishes the work that it has begun.
///
/// If it is cancelled it ends at once.
package protocol Service: Sendable {
    /// Runs until `stop`, and returns when all begun work is finished.
    @Loop func run(until stop: Stop) async throws
}

/// The error of a stop that took longer than its grace period.
package struct GraceExceeded: Error, CustomStringConvertible {
    /// The length of the grace period.
    package let grace: Duration
    package var description: String {
        "work was cancelled because it had not finished \(Int(grace.seconds)) s after the stop"
    }
}

/// Runs every service until all have returned.
///
/// The first error cancels the others.
///
/// - Parameters:
///   - services: the services, which are started in this order and stopped together.
///   - stop: the request that lets them finish their work.
///   - grace: the time that they have after the stop before they are cancelled.
///   - clock: the clock that measures `grace`.
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
