import BerthLoop
import BerthTestKit
import Synchronization
import Testing

/// A date that goes on evenly while the machine's clock jumps.
@Suite(.loop) struct SteadyClockTests {
    private static let noon =
        Timestamp(milliseconds: 1_760_000_000_000).startOfDay + .seconds(12 * 3600)
    private static let day = Duration.seconds(86_400)
    private static let year = Duration.seconds(365 * 86_400)

    @Loop @Test(arguments: [1, -1, 3600, -3600, 86_400, -86_400, 31_536_000, -31_536_000])
    func `a jump changes nothing at once, and no day by more than an hour`(by seconds: Int64) {
        let machine = ManualClock(at: Self.noon)
        let clock = SteadyClock(machine)
        machine.step(by: .seconds(seconds))
        let (date, even, wall) = (clock.timestamp, clock.even, clock.wall)
        #expect(date == Self.noon && even == Self.noon)
        #expect(wall == Self.noon + .seconds(seconds))
        machine.advance(by: .seconds(3600))
        let later = clock.timestamp - date
        #expect(later >= .seconds(3456) && later <= .seconds(3744))
        #expect(clock.even - even == .seconds(3600))
    }

    @Loop @Test func `a jump that is taken back before midnight has never been`() {
        let machine = ManualClock(at: Self.noon)
        let clock = SteadyClock(machine)
        for jump in [Self.year, Self.day * 3, .zero - Self.day, .zero - Self.year] {
            machine.step(by: jump)
            machine.advance(by: .seconds(60))
            machine.step(by: .zero - jump)
            #expect(clock.timestamp == machine.timestamp)
        }
    }

    @Loop @Test func `the time of day is approached slowly, and then kept`() {
        let machine = ManualClock(at: Self.noon)
        let clock = SteadyClock(machine)
        machine.step(by: .seconds(3600))
        for _ in 0..<(26 * 60) {
            machine.advance(by: .seconds(60))
            _ = clock.timestamp
        }
        #expect(clock.timestamp == machine.timestamp)
    }

    @Loop @Test func `days ahead are skipped at midnight, and the month of the spending goes on`() {
        let machine = ManualClock(at: Self.noon)
        let clock = SteadyClock(machine)
        let month = clock.month
        machine.step(by: Self.day * 40)
        machine.advance(by: .seconds(11 * 3600))
        #expect(clock.timestamp == machine.timestamp + (.zero - Self.day * 40))
        #expect(clock.month == month && clock.skipped == .zero)
        machine.advance(by: .seconds(2 * 3600))
        #expect(clock.timestamp == machine.timestamp && clock.skipped == Self.day * 40)
        #expect(clock.even == machine.timestamp + (.zero - Self.day * 40))
        // The month has the days that it had left, and ends with a month of the calendar.
        #expect(clock.month.start == month.start)
        #expect(clock.month.end >= month.end + Self.day * 40)
        #expect(clock.month.end == clock.month.end.startOfMonth)
        let end = clock.month.end
        machine.advance(by: end - machine.timestamp)
        #expect(clock.month == end.month)
    }

    @Loop @Test func `the month is the calendar's, also when it has been asked for before`() {
        let machine = ManualClock(at: Self.noon)
        let clock = SteadyClock(machine)
        for _ in 0..<400 {
            #expect(clock.month == clock.timestamp.month)
            machine.advance(by: .seconds(6 * 3600))
        }
        machine.advance(by: clock.month.end - clock.timestamp)
        #expect(clock.month == clock.timestamp.month && clock.month.start == clock.timestamp)
    }

    @Loop @Test func `the machine's time of day is looked at once in a millisecond`() {
        let machine = CountingClock()
        let clock = SteadyClock(machine)
        let before = machine.looks
        for _ in 0..<9 {
            _ = clock.timestamp
            machine.now = machine.now + .microseconds(100)
        }
        #expect(machine.looks == before)
        machine.now = machine.now + .microseconds(200)
        _ = clock.timestamp
        #expect(machine.looks == before + 1)
    }

    @Loop @Test func `a machine that falls behind takes no day back`() {
        let machine = ManualClock(at: Self.noon)
        let clock = SteadyClock(machine)
        machine.step(by: .zero - Self.year)
        var last = clock.timestamp
        for _ in 0..<100 {
            machine.advance(by: .seconds(3600))
            let date = clock.timestamp
            #expect(date > last)
            last = date
        }
        #expect(clock.skipped == .zero)
    }

    @Loop @Test(arguments: [0, 86_400, -86_400, 31_536_000, -31_536_000])
    func `a restart goes on where the last run was, whatever the machine says`(by seconds: Int64) {
        let machine = ManualClock(at: Self.noon)
        let anchor = SteadyClock(machine).anchor
        machine.advance(by: .seconds(600))
        machine.step(by: .seconds(seconds))
        let clock = SteadyClock(machine, after: anchor)
        #expect(clock.timestamp == Self.noon + .seconds(600))
        #expect(clock.even == Self.noon + .seconds(600))
    }

    @Loop @Test func `after another boot the date follows the machine ahead, and never back`() {
        let machine = ManualClock(at: Self.noon)
        var anchor = SteadyClock(machine).anchor
        anchor.origin = "another boot"
        machine.step(by: Self.day)
        #expect(SteadyClock(machine, after: anchor).timestamp == Self.noon + Self.day)
        #expect(SteadyClock(machine, after: anchor).even == Self.noon + Self.day)
        machine.step(by: .zero - Self.day * 2)
        #expect(SteadyClock(machine, after: anchor).timestamp == Self.noon)
    }

    @Loop @Test(arguments: [Int64.min, -1, 0, Int64.max])
    func `a damaged anchor and an absurd machine end in a date`(milliseconds: Int64) {
        let absurd = Timestamp(milliseconds: milliseconds)
        for machine in [ManualClock(at: Self.noon), ManualClock(at: absurd)] {
            for (now, origin) in [(Int64.min, "manual"), (Int64.max, "manual"), (0, "")] {
                let anchor = SteadyClock.Anchor(
                    date: absurd,
                    now: now,
                    origin: origin,
                    even: absurd,
                    month: CalendarMonth(start: absurd, end: absurd)
                )
                let clock = SteadyClock(machine, after: anchor)
                let (date, month) = (clock.timestamp, clock.month)
                #expect(date.milliseconds >= 0 && month.end > date)
                _ = (clock.even, clock.anchor)
            }
        }
    }

    @Loop @Test(arguments: 1...100)
    func `no day is shorter than 23 hours and no date comes twice`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let machine = ManualClock(at: Self.noon)
        var clock = SteadyClock(machine)
        var (last, offset) = (clock.timestamp, Duration.zero)
        var days: [Instant] = []
        for _ in 0..<400 {
            if random.next() % 3 == 0 {
                let units: [Int64] = [1, 60, 3600, 86_400, 31_536_000]
                let unit = units[Int(random.next() % 5)]
                let jump = Duration.seconds(unit * (Int64(random.next() % 41) - 20))
                machine.step(by: jump - offset)
                offset = jump
            }
            if random.next() % 10 == 0 { clock = SteadyClock(machine, after: clock.anchor) }
            machine.advance(by: .seconds(Int64(random.next() % 7200)))
            let date = clock.timestamp
            #expect(date >= last)
            if date.startOfDay > last.startOfDay { days.append(machine.now) }
            last = date
        }
        for (day, next) in zip(days, days.dropFirst()) {
            // A day is noticed up to two hours late.
            #expect(next - day >= .seconds(21 * 3600))
        }
    }
}

/// A clock that counts the looks at its time of day.
@Loop private final class CountingClock: Clock {
    private let state = Mutex((now: Instant(nanoseconds: 1_000_000_000), looks: 0))

    nonisolated var now: Instant {
        get { state.withLock { $0.now } }
        set { state.withLock { $0.now = newValue } }
    }
    nonisolated var looks: Int { state.withLock { $0.looks } }
    nonisolated var timestamp: Timestamp { Timestamp(milliseconds: 1_760_000_000_000) }
    nonisolated var wall: Timestamp {
        state.withLock { $0.looks += 1 }
        return timestamp
    }

    func schedule(after delay: Duration, _ action: @escaping @Loop () -> Void) -> Timer {
        SystemClock().schedule(after: delay, action)
    }
}
