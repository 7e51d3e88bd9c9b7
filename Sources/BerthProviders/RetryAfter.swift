import BerthHTTP
import BerthLoop

/// Parsing of the wait that a provider asks for, in all formats in use.
enum RetryAfter {
    /// Reads `retry-after-ms` (milliseconds), else `retry-after`: seconds with or without a
    /// fraction, or an HTTP date.
    ///
    /// - Returns: the wait, from zero to a day; nil if there is none or it cannot be parsed.
    static func read(_ headers: HTTPHeaders, now: Timestamp) -> Duration? {
        if let ms = headers["retry-after-ms"].flatMap(number) { return bounded(ms / 1000) }
        guard let text = headers["retry-after"], text.utf8.count <= longest else { return nil }
        if let seconds = number(text) { return bounded(seconds) }
        // The provider's own clock set the date, and says its time in the field Date.
        let sent = headers["date"].flatMap(date) ?? now
        return date(text).map { bounded(Double($0.milliseconds - sent.milliseconds) / 1000) }
    }

    /// Parses a decimal number; nil for other forms that `Double` accepts, such as `inf` or
    /// `0x1p3`.
    private static func number(_ text: String) -> Double? {
        guard text.utf8.count <= longest,
            text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) })
        else { return nil }
        return Double(text)
    }

    /// The longest value that is read, in bytes.
    private static let longest = 64

    private static func bounded(_ seconds: Double) -> Duration {
        .milliseconds(Int64(min(max(0, seconds), 86400) * 1000))
    }

    /// Parses an IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
    static func date(_ text: String) -> Timestamp? {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == ":" || $0 == "," })
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard parts.count == 8, parts[7] == "GMT", let day = Int64(parts[1]),
            (1...31).contains(day),
            let month = months.firstIndex(of: String(parts[2])),
            let year = Int64(parts[3]), (1970...9999).contains(year),
            let hour = Int64(parts[4]), (0...23).contains(hour),
            let minute = Int64(parts[5]), (0...59).contains(minute),
            let second = Int64(parts[6]), (0...60).contains(second)
        else { return nil }
        let days = daysSince1970(year: year, month: Int64(month) + 1, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second
        return Timestamp(milliseconds: seconds * 1000)
    }

    /// Returns the days since 1970 in the proleptic Gregorian calendar.
    ///
    /// The algorithm is Howard Hinnant's `days_from_civil`.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = (y / 400, y % 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
