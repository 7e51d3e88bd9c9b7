package import BerthLoop

/// Logs the turns of the loop with a piece of work longer than ``LoopStall/limit``, and counts them in
/// `berth_loop_stall_seconds`.
@Loop package final class StallReports: Service {
    private let surroundings: Surroundings
    private let durations: Histogram
    /// The instant of the last line, or nil if there was none.
    private var said: Instant?
    /// The stalls since the last line.
    private var unsaid = 0

    /// The shortest time between two lines.
    static nonisolated let pause = Duration.seconds(10)

    /// Makes the reports of a service.
    package init(in surroundings: Surroundings) {
        self.surroundings = surroundings
        durations = surroundings.metrics.histogram(
            "berth_loop_stall_seconds",
            help: "Turns of the event loop that one piece of work kept from others for over 5 ms.",
            buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
        )
    }

    /// Reports until `stop`.
    package func run(until stop: Stop) async throws {
        let observer = Loop.observeStalls { self.report($0) }
        defer { observer.cancel() }
        await stop.requested()
    }

    /// Counts a stall, and logs it unless another was logged just before.
    func report(_ stall: LoopStall) {
        durations.observe(stall.turn)
        unsaid += 1
        let now = surroundings.clock.now
        if let said, now - said < StallReports.pause { return }
        surroundings.log.warning(
            "the event loop stood still",
            [
                "ms": .ms(stall.turn), "longest_ms": .ms(stall.longest),
                "kind": .text(stall.kind.rawValue), "work": .text(stall.label?.work ?? "-"),
                "tenant": .text(stall.label?.tenant ?? "-"),
                "request": .text(stall.label?.request ?? "-"), "stalls": .int(unsaid),
            ]
        )
        (said, unsaid) = (now, 0)
    }
}
