import BerthConfig
package import BerthLoop
package import BerthStore
package import BerthTelemetry
import BerthText

/// Carries the service's date over restarts, and warns if the machine's clock jumps.
///
/// The date itself is a ``SteadyClock``, which needs no help to go on evenly.
@Loop package final class ClockKeeper: Service {
    private let clock: SteadyClock
    private let store: any Store
    private let surroundings: Surroundings
    /// The difference between the machine's date and the monotonic clock at the last look.
    private var difference: Duration
    /// A jump that no warning has named yet.
    private var jump = Duration.zero
    private var warned: Instant?
    private var kept: Instant
    private var skipped: Duration

    /// The pause between two looks at the machine's clock.
    private static nonisolated let interval = Duration.seconds(1)
    /// A larger change of the difference within one look is a jump.
    package static nonisolated let leastJump = Duration.seconds(5)
    /// One warning names all jumps of this time.
    private static nonisolated let warningPause = Duration.seconds(60)
    /// The date is written down this often.
    ///
    /// Within one boot it needs no writing. After a power cut it may go back by this much.
    package static nonisolated let keepInterval = Duration.seconds(300)

    /// Makes the keeper of `clock`.
    package init(_ clock: SteadyClock, store: any Store, in surroundings: Surroundings) {
        self.clock = clock
        self.store = store
        self.surroundings = surroundings
        difference = ClockKeeper.difference(clock)
        kept = clock.now
        skipped = clock.skipped
        surroundings.metrics.gauge(
            "berth_clock_ahead_seconds",
            help: "Time by which the machine's clock is ahead of the service's date."
        ) { [clock] in (clock.wall - clock.timestamp).seconds }
    }

    /// The clock of a service on `store`, whose date goes on from the last run's.
    ///
    /// - Throws: ``StoreError`` if the database cannot be read.
    package static func clock(
        over machine: any Clock,
        _ store: any Store,
        _ log: Log
    ) async throws(StoreError) -> SteadyClock {
        let bytes = try await store.kept(.clock)
        let anchor = bytes.flatMap { try? JSON.decode(SteadyClock.Anchor.self, from: $0) }
        if bytes != nil, anchor == nil { log.warning("the stored date of the last run is damaged") }
        return SteadyClock(machine, after: anchor)
    }

    /// Compares the date with the machine's clock, and writes it down.
    package func start() async {
        let ahead = clock.wall - clock.timestamp
        if ahead.magnitude > ClockKeeper.leastJump {
            surroundings.log.warning(
                "the machine's clock differs from the date of the last run, which goes on",
                ["clock": .text("\(clock.wall)"), "date": .text("\(clock.timestamp)")]
            )
        }
        await keep()
    }

    /// Looks every second until the stop.
    package func run(until stop: Stop) async throws {
        let timer = Wakeup()
        while !stop.isRequested, !Task.isCancelled {
            let next = clock.schedule(after: ClockKeeper.interval) { timer.signal() }
            await stop.requested(or: timer)
            next.cancel()
            await look()
        }
    }

    /// Warns of a jump, and writes the date down if that is due.
    package func look() async {
        let now = ClockKeeper.difference(clock)
        let change = now - difference
        difference = now
        if change.magnitude > ClockKeeper.leastJump { jump += change }
        let isQuiet = warned.map { clock.now - $0 < ClockKeeper.warningPause } ?? false
        if jump != .zero, !isQuiet { warn() }
        guard clock.skipped != skipped || clock.now - kept >= ClockKeeper.keepInterval else {
            return
        }
        if clock.skipped != skipped {
            surroundings.log.warning(
                "the date has skipped days to follow the machine's clock",
                ["days": .text(Units.text(clock.skipped - skipped))]
            )
        }
        await keep()
    }

    /// Writes the date down for the next run.
    package func keep() async {
        (kept, skipped) = (clock.now, clock.skipped)
        do { try await store.keep(try JSON.encode(clock.anchor), as: .clock) } catch {
            surroundings.log.warning("the date was not stored", ["why": .describing(error)])
        }
    }

    private func warn() {
        surroundings.log.warning(
            "the machine's clock has jumped: quotas, retries and logins go on as if it had not",
            [
                "by": .text((jump < .zero ? "-" : "+") + ClockKeeper.text(jump.magnitude)),
                "clock": .text("\(clock.wall)"), "date": .text("\(clock.timestamp)"),
            ]
        )
        (jump, warned) = (.zero, clock.now)
    }

    /// The time to the second.
    private static func text(_ time: Duration) -> String {
        Units.text(time + .milliseconds(500))
    }

    private static func difference(_ clock: SteadyClock) -> Duration {
        clock.wall - Timestamp(milliseconds: clock.now.nanoseconds / 1_000_000)
    }
}

extension Duration {
    /// The duration without its sign.
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}
