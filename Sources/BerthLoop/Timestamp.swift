import CLinux
import Glibc

/// A point in time as people and the database use it, in UTC milliseconds since 1970.
///
/// It lies in the years 1 to 9999. A number of a damaged file, another server or a wrong clock is
/// set to the nearer bound, so that no sum overflows and every timestamp can be written as a date.
package struct Timestamp: Comparable, Hashable, Codable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let milliseconds: Int64

    /// Makes a timestamp from UTC milliseconds since 1970.
    package init(milliseconds: Int64) {
        self.milliseconds = min(max(Timestamp.least, milliseconds), Timestamp.most)
    }

    /// The first millisecond of the year 1, and the last one of the year 9999.
    private static let least: Int64 = -62_135_596_800_000
    private static let most: Int64 = 253_402_300_799_999

    package init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    /// The current time of the machine's clock.
    ///
    /// Tested code uses its injected ``Clock`` instead.
    static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Whole seconds since 1970, as in the field `created` of the OpenAI API.
    package var seconds: Int64 { milliseconds / 1000 }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The timestamp `duration` later.
    ///
    /// A duration counts as at most 292 years, which keeps the sum within 63 bits.
    package static func + (left: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds + duration.milliseconds())
    }

    /// The time from `right` to `left`, negative if `left` is earlier.
    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, such as `2026-11-20T18:29:32.123Z`.
    package var description: String {
        let seconds = milliseconds.flooredQuotient(by: 1000)
        let date = berth_utc(seconds)
        var text = Array("0000-00-00T00:00:00.000Z".utf8)
        // Each log line has a date, so its digits are set without a text for each number.
        func set(_ number: Int32, endingAt last: Int) {
            var (rest, place) = (number, last)
            while rest > 0 {
                text[place] += UInt8(rest % 10)
                (rest, place) = (rest / 10, place - 1)
            }
        }
        set(date.year, endingAt: 3)
        set(date.month, endingAt: 6)
        set(date.day, endingAt: 9)
        set(date.hour, endingAt: 12)
        set(date.minute, endingAt: 15)
        set(date.second, endingAt: 18)
        set(Int32(milliseconds - seconds * 1000), endingAt: 22)
        return String(decoding: text, as: UTF8.self)
    }
}

extension Timestamp {
    /// The midnight at the start of this timestamp's day in the process's time zone (``TimeZone``).
    package var startOfDay: Timestamp { midnight(daysLater: 0) }

    /// The midnight at the end of the day, when a daily quota starts anew.
    ///
    /// It lies 23 to 25 hours after ``startOfDay``.
    package var endOfDay: Timestamp { midnight(daysLater: 1) }

    /// The midnight at the start of the month in the process's time zone.
    package var startOfMonth: Timestamp { firstMidnight(monthsLater: 0) }

    /// The midnight at the end of the month, when a monthly quota starts anew.
    package var endOfMonth: Timestamp { firstMidnight(monthsLater: 1) }

    /// The calendar month of this timestamp in the process's time zone.
    package var month: CalendarMonth { CalendarMonth(start: startOfMonth, end: endOfMonth) }

    private func firstMidnight(monthsLater: Int32) -> Timestamp {
        let seconds = milliseconds.flooredQuotient(by: 1000)
        return Timestamp(milliseconds: berth_local_month(seconds, monthsLater) * 1000)
    }

    private func midnight(daysLater: Int32) -> Timestamp {
        let seconds = milliseconds.flooredQuotient(by: 1000)
        return Timestamp(milliseconds: berth_local_midnight(seconds, daysLater) * 1000)
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
