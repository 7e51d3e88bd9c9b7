import Synchronization

/// A clock whose date goes on evenly when the machine's clock is set to another date.
///
/// Quotas, expiry times and due times follow this date. It is counted on by the monotonic clock and
/// never goes back. It approaches the machine's time of day by at most 4 %, so each of its days lasts
/// 23 to 25 hours. If the machine is whole days ahead, the date skips them at its next midnight. If
/// the machine is behind, the date waits for nothing and skips nothing. ``anchor`` carries all of
/// this over a restart.
@Loop package final class SteadyClock: Clock {
    private let machine: any Clock
    private let state: Mutex<State>

    /// The relation of the date to the monotonic clock, for the next process.
    package struct Anchor: Codable, Equatable, Sendable {
        /// The date at ``now``.
        package var date: Timestamp
        /// Nanoseconds of the monotonic clock.
        package var now: Int64
        /// The boot that the monotonic clock belongs to.
        package var origin: String
        /// ``SteadyClock/even`` at ``now``.
        package var even: Timestamp
        /// The month that a skip has prolonged, or nil.
        package var month: CalendarMonth?

        /// Makes an anchor of these values.
        package init(
            date: Timestamp,
            now: Int64,
            origin: String,
            even: Timestamp,
            month: CalendarMonth? = nil
        ) {
            self.date = date
            self.now = now
            self.origin = origin
            self.even = even
            self.month = month
        }
    }

    private struct State {
        /// The last instant at which the date was read.
        var seen: Instant
        /// Nanoseconds from the monotonic clock to the date.
        var offset: Int64
        /// The same to the even date.
        var evenOffset: Int64
        var dayEnd: Timestamp
        var skipped: Duration
        var month: CalendarMonth?
        /// The last instant at which the machine's time of day was read.
        var looked: Instant
        /// The calendar's month of the date when it was last asked for.
        ///
        /// Its ends take the C library's calendar, which costs more than all else that reads the clock.
        var calendar: CalendarMonth?

        /// The month that a skip has prolonged, while it lasts.
        var prolonged: CalendarMonth? { month.flatMap { date < $0.end ? $0 : nil } }
        var date: Timestamp { SteadyClock.timestamp(SteadyClock.sum(seen.nanoseconds, offset)) }
    }

    private static nonisolated let day: Int64 = 86_400_000_000_000
    /// The longest rest of a prolonged month: a month, and another one until its end is a month's.
    private static nonisolated let longestMonth = Duration.seconds(63 * 86_400)
    /// The date approaches the machine's by this part of the time that passes.
    private static nonisolated let slew: Int64 = 25

    /// Makes a clock over the machine's.
    ///
    /// Within the boot of the anchor the date goes on from it. After another boot it goes on from it
    /// unless the machine is ahead.
    ///
    /// - Parameters:
    ///   - machine: the machine's clock.
    ///   - anchor: of the process before, or nil for the machine's date.
    package nonisolated init(_ machine: any Clock, after anchor: Anchor? = nil) {
        self.machine = machine
        let (now, wall) = (machine.now, machine.wall)
        var date = SteadyClock.nanoseconds(wall)
        var even = date
        if let anchor {
            let last = SteadyClock.nanoseconds(anchor.date)
            let isSameBoot = !anchor.origin.isEmpty && anchor.origin == machine.origin
            let passed = now.nanoseconds.subtractingReportingOverflow(anchor.now)
            date =
                isSameBoot && !passed.overflow && passed.partialValue >= 0
                ? SteadyClock.sum(last, passed.partialValue) : max(last, date)
            even = SteadyClock.sum(SteadyClock.nanoseconds(anchor.even), date - last)
        }
        state = Mutex(
            State(
                seen: now,
                offset: SteadyClock.sum(date, -max(now.nanoseconds, -.max)),
                evenOffset: SteadyClock.sum(even, -max(now.nanoseconds, -.max)),
                dayEnd: SteadyClock.timestamp(date).endOfDay,
                skipped: .zero,
                month: anchor?.month,
                looked: now
            )
        )
        state.withLock { state in
            // A damaged month would never end.
            let latest = state.date + SteadyClock.longestMonth
            state.month = state.month.flatMap { $0.end <= latest ? $0 : nil }
        }
    }

    package nonisolated var now: Instant { machine.now }

    package nonisolated var wall: Timestamp { machine.wall }

    package nonisolated var origin: String { machine.origin }

    package nonisolated var timestamp: Timestamp { read { $0.date } }

    package nonisolated var even: Timestamp {
        read { SteadyClock.timestamp(SteadyClock.sum($0.seen.nanoseconds, $0.evenOffset)) }
    }

    package nonisolated var month: CalendarMonth {
        read { state in
            if let prolonged = state.prolonged { return prolonged }
            let date = state.date
            if let known = state.calendar, known.start <= date, date < known.end { return known }
            let month = date.month
            state.calendar = month
            return month
        }
    }

    /// The days that the date has skipped in this process.
    package nonisolated var skipped: Duration { read { $0.skipped } }

    /// The relation to the monotonic clock now.
    package nonisolated var anchor: Anchor {
        read { state in
            let even = SteadyClock.sum(state.seen.nanoseconds, state.evenOffset)
            return Anchor(
                date: state.date,
                now: state.seen.nanoseconds,
                origin: machine.origin,
                even: SteadyClock.timestamp(even),
                month: state.prolonged
            )
        }
    }

    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping @Loop () -> Void) -> Timer {
        machine.schedule(after: delay, action)
    }

    private nonisolated func read<Value>(_ value: (inout State) -> Value) -> Value {
        state.withLock { state in
            // Read under the lock, so that the readings of all threads are in order.
            state.seen = max(machine.now, state.seen)
            let passed = state.seen.nanoseconds - state.looked.nanoseconds
            if passed >= SteadyClock.interval || state.date >= state.dayEnd {
                SteadyClock.advance(&state, wall: SteadyClock.nanoseconds(machine.wall))
            }
            return value(&state)
        }
    }

    /// The nanoseconds for which the date goes on without a look at the machine's time of day.
    ///
    /// A request reads the date several times, and the machine's clock takes up to 100 ns.
    private static nonisolated let interval: Int64 = 1_000_000

    private static nonisolated func advance(_ state: inout State, wall: Int64) {
        let now = state.seen
        let most = (now.nanoseconds - state.looked.nanoseconds) / slew
        state.looked = now
        let behind = wall - sum(now.nanoseconds, state.offset)
        let days = (behind + (behind < 0 ? -day / 2 : day / 2)) / day
        state.offset += min(max(behind - days * day, -most), most)
        guard state.date >= state.dayEnd else { return }
        if days > 0 { skip(days, &state) }
        state.dayEnd = state.date.endOfDay
    }

    /// Moves the date on by whole days, and the end of the month's spending with it.
    private static nonisolated func skip(_ days: Int64, _ state: inout State) {
        let jump = Duration.milliseconds(days * (day / 1_000_000))
        let month = state.prolonged ?? state.date.month
        let end = month.end + jump
        state.month = CalendarMonth(
            start: month.start,
            end: end == end.startOfMonth ? end : end.endOfMonth
        )
        state.offset += days * day
        state.skipped += jump
    }

    private static nonisolated func timestamp(_ nanoseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: nanoseconds / 1_000_000)
    }

    /// The nanoseconds of a date, clamped to the years 1970 to 2200.
    private static nonisolated func nanoseconds(_ date: Timestamp) -> Int64 {
        min(max(0, date.milliseconds), 7_258_118_400_000) * 1_000_000
    }

    private static nonisolated func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? (right < 0 ? .min : .max) : sum
    }
}
