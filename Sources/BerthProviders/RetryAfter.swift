import BerthHTTP
import BerthLoop
import BerthText

/// Parsing of the wait that a provider asks for, in all formats in use.
package enum RetryAfter {
    /// A wait as a provider states it.
    enum Wait: Equatable {
        case after(Duration)
        case until(Timestamp)

        /// The wait from `now` on, from zero to a day.
        func duration(at now: Timestamp) -> Duration {
            switch self {
            case .after(let wait): wait
            case .until(let date):
                RetryAfter.bounded(Double(date.milliseconds - now.milliseconds) / 1000)
            }
        }
    }

    /// Reads `retry-after-ms` (milliseconds), else `retry-after` (seconds with or without a
    /// fraction, or an HTTP date), else the time at which an exhausted limit is reset.
    ///
    /// - Returns: the wait, from zero to a day; nil if there is none or it cannot be parsed.
    static func read(_ headers: HTTPHeaders, now: Timestamp) -> Duration? {
        let now = clock(of: headers, or: now)
        return stated(in: headers).map { $0.duration(at: now) }.max()
    }

    /// The provider's own time, by which it sets dates, or else `now`.
    static func clock(of headers: HTTPHeaders, or now: Timestamp) -> Timestamp {
        headers["date"].flatMap(ForeignDate.http) ?? now
    }

    /// The waits that fields state; the longest one counts.
    ///
    /// See ``read(_:now:)``.
    static func stated(in headers: HTTPHeaders) -> [Wait] {
        if let ms = headers["retry-after-ms"].flatMap(number) {
            return [.after(bounded(ms / 1000))]
        }
        if let text = headers["retry-after"], text.utf8.count <= longest {
            if let seconds = number(text) { return [.after(bounded(seconds))] }
            if let date = ForeignDate.http(text) { return [.until(date)] }
        }
        return resets(in: headers)
    }

    /// Returns the waits until limits are reset, of the limits that are exhausted.
    ///
    /// The fields are `x-ratelimit-reset-requests` (OpenAI, Groq: `6m0s`; Azure: seconds),
    /// `x-ratelimit-reset` (OpenRouter: milliseconds since 1970; Together: seconds) and
    /// `anthropic-ratelimit-requests-reset` (RFC 3339). A limit that has something left is not the
    /// cause.
    private static func resets(in headers: HTTPHeaders) -> [Wait] {
        let lines = headers.lazy.filter { $0.name.utf8.count <= longest }
            .map { (name: $0.name.lowercased(), value: $0.value) }
            .filter { $0.name.hasPrefix("x-ratelimit-reset") || isAnthropicReset($0.name) }
        return lines.prefix(mostResets).compactMap { name, value in
            guard let wait = moment(value) else { return nil }
            let left = headers[name.replacing("reset", with: "remaining")].flatMap(number)
            return (left ?? 0) <= 0 ? wait : nil
        }
    }

    private static func isAnthropicReset(_ name: String) -> Bool {
        name.hasPrefix("anthropic-ratelimit-") && name.hasSuffix("-reset")
    }

    /// Parses a duration, a time in seconds or milliseconds since 1970, or a date.
    static func moment(_ text: String) -> Wait? {
        guard text.utf8.count <= longest else { return nil }
        return ForeignDate.read(text).map { .until($0) } ?? duration(text).map { .after($0) }
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
        let small = message.utf8.smallLetters
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
                if ForeignDate.read(text) != nil { continue }
                if number(text) == nil, let wait = duration(text) { return wait }
                if let wait = duration(text + (units[String(unit)] == nil ? "s" : unit)) {
                    return wait
                }
            }
        }
        return nil
    }

    private static let datePhrases = [
        "try again at ", "try again after ", "try again on ", "retry at ", "retry after ",
        "resets at ", "reset at ", "resets on ", "reset on ", "regain access on ", "access at ",
        "available at ", "until ",
    ]

    /// Finds the date in a message such as `try again at 2026-11-28T10:00:00Z` or `you will regain
    /// access on 2026-12-01 at 00:00 UTC`.
    static func dateInWords(_ message: String) -> Timestamp? {
        let small = message.utf8.smallLetters
        for phrase in datePhrases {
            var (end, places) = (0, 0)
            while places < mostPlaces, let start = small.offset(of: phrase, from: end) {
                places += 1
                end = start + phrase.utf8.count
                let rest = small[end..<min(end + longest, small.count)]
                if let date = ForeignDate.leading(String(decoding: rest, as: UTF8.self)) {
                    return date
                }
            }
        }
        return nil
    }

    /// Parses a decimal number; nil for other forms that `Double` accepts, such as `inf` or
    /// `0x1p3`.
    static func number(_ text: String) -> Double? {
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

    fileprivate static func bounded(_ seconds: Double) -> Duration {
        .milliseconds(Int64(min(max(0, seconds), 86400) * 1000))
    }
}
