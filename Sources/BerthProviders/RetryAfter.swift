import BerthHTTP
package import BerthLoop
import BerthText

/// Parsing of the wait that a provider asks for, in all formats in use.
package enum RetryAfter {
    /// Reads `retry-after-ms` (milliseconds), else `retry-after` (seconds with or without a
    /// fraction, or an HTTP date), else the time at which an exhausted limit is reset.
    ///
    /// - Returns: the wait, from zero to a day; nil if there is none or it cannot be parsed.
    static func read(_ headers: HTTPHeaders, now: Timestamp) -> Duration? {
        if let ms = headers["retry-after-ms"].flatMap(number) { return bounded(ms / 1000) }
        // The provider's own clock set a date, and says its time in the field Date.
        let now = headers["date"].flatMap(date) ?? now
        if let text = headers["retry-after"], text.utf8.count <= longest {
            if let seconds = number(text) { return bounded(seconds) }
            if let date = date(text) { return until(date, now) }
        }
        return reset(headers, now)
    }

    /// Returns the longest wait until a limit is reset, of the limits that are exhausted.
    ///
    /// The fields are `x-ratelimit-reset-requests` (OpenAI, Groq: `6m0s`; Azure: seconds),
    /// `x-ratelimit-reset` (OpenRouter: milliseconds since 1970; Together: seconds) and
    /// `anthropic-ratelimit-requests-reset` (RFC 3339). A limit that has something left is not the
    /// cause.
    private static func reset(_ headers: HTTPHeaders, _ now: Timestamp) -> Duration? {
        var waits: [Duration] = []
        let lines = headers.lazy.map { (name: $0.name.lowercased(), value: $0.value) }
            .filter { $0.name.hasPrefix("x-ratelimit-reset") || isAnthropicReset($0.name) }
        for (name, value) in lines.prefix(mostResets) {
            guard let wait = moment(value, now) else { continue }
            let left = headers[name.replacing("reset", with: "remaining")].flatMap(number)
            if (left ?? 0) <= 0 { waits.append(wait) }
        }
        return waits.max()
    }

    private static func isAnthropicReset(_ name: String) -> Bool {
        name.hasPrefix("anthropic-ratelimit-") && name.hasSuffix("-reset")
    }

    /// Parses a duration, a time in seconds or milliseconds since 1970, or a date.
    private static func moment(_ text: String, _ now: Timestamp) -> Duration? {
        guard text.utf8.count <= longest else { return nil }
        if let number = number(text) {
            if number > 1e11 { return bounded(number / 1000 - Double(now.milliseconds) / 1000) }
            if number > 1e8 { return bounded(number - Double(now.milliseconds) / 1000) }
            return bounded(number)
        }
        if let duration = duration(text) { return duration }
        return (date(text) ?? internetDate(text)).map { until($0, now) }
    }

    private static func until(_ date: Timestamp, _ now: Timestamp) -> Duration {
        bounded(Double(date.milliseconds - now.milliseconds) / 1000)
    }

    /// Parses a duration such as `39.5s`, `120ms`, `6m0s`, `1h2m3.5s`, `01:02:03`, or a number of
    /// seconds.
    static func duration(_ text: String) -> Duration? {
        guard text.utf8.count <= longest else { return nil }
        if let seconds = number(text) { return bounded(seconds) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 3 {
            let numbers = parts.compactMap { number(String($0)) }
            guard numbers.count == 3 else { return nil }
            return bounded(numbers.reduce(0) { 60 * $0 + $1 })
        }
        var (seconds, rest) = (0.0, text[...])
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let value = number(String(digits)), let factor = units[String(unit)] else {
                return nil
            }
            seconds += value * factor
        }
        return text.isEmpty ? nil : bounded(seconds)
    }

    private static let units: [String: Double] = [
        "ms": 0.001, "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60,
        "minutes": 60, "h": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400,
        "days": 86400,
    ]

    private static let phrases = [
        "try again in ", "retry in ", "retry after ", "try again after ", "wait ", "resets in ",
        "reset in ", "reset after ", "replenished in ",
    ]

    /// Finds the wait in a message such as `try again in 7m12.5s` or `retry after 20 seconds`.
    static func inWords(_ message: String) -> Duration? {
        let small = Array(message.lowercased().utf8)
        for phrase in phrases {
            var (end, places) = (0, 0)
            while places < mostPlaces, let start = small.offset(of: phrase, from: end) {
                places += 1
                end = start + phrase.utf8.count
                let rest = small[end..<min(end + 2 * longest, small.count)]
                let words = String(decoding: rest, as: UTF8.self)
                    .split(separator: " ", maxSplits: 2)
                guard let first = words.first else { continue }
                let plain = String(first.reversed().drop { ".,;!)".contains($0) }.reversed())
                let unit = words.dropFirst().first.map { $0.prefix { $0.isLetter } } ?? "s"
                let isOne = ["a", "an", "one"].contains(plain) && units[String(unit)] != nil
                let text = isOne ? "1" : plain
                guard text.first?.isNumber == true else { continue }
                if number(text) == nil, let wait = duration(text) { return wait }
                if let wait = duration(text + (units[String(unit)] == nil ? "s" : unit)) {
                    return wait
                }
            }
        }
        return nil
    }

    /// Parses a decimal number; nil for other forms that `Double` accepts, such as `inf` or
    /// `0x1p3`.
    private static func number(_ text: String) -> Double? {
        guard text.utf8.count <= longest,
            text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) })
        else { return nil }
        return Double(text)
    }

    /// The most places of a phrase in a message after which a wait is looked for.
    private static let mostPlaces = 32
    /// The most limits whose reset is read, because each is looked up in all fields.
    private static let mostResets = 16
    /// The longest value that is read, in bytes.
    private static let longest = 64

    private static func bounded(_ seconds: Double) -> Duration {
        .milliseconds(Int64(min(max(0, seconds), 86400) * 1000))
    }

    /// Parses an IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
    package static func date(_ text: String) -> Timestamp? {
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

    /// Parses a date of RFC 3339 in UTC, such as `2026-11-20T10:00:00Z`.
    private static func internetDate(_ text: String) -> Timestamp? {
        let words = text.split(whereSeparator: { "-T:Z.".contains($0) })
        let numbers = words.prefix(6).compactMap { Int64($0) }
        guard text.hasSuffix("Z"), numbers.count == 6, (1970...9999).contains(numbers[0]),
            (1...12).contains(numbers[1]), (1...31).contains(numbers[2]),
            numbers[3...].allSatisfy({ (0...60).contains($0) })
        else { return nil }
        let days = daysSince1970(year: numbers[0], month: numbers[1], day: numbers[2])
        let seconds = days * 86400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
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
