package import BerthLoop

/// Parsing of dates in the forms that servers write.
package enum ForeignDate {
    /// Parses a date of HTTP or of RFC 3339, or a time in seconds or milliseconds since 1970.
    ///
    /// - Returns: nil for other texts, and for numbers that are too small to be such a time.
    static func read(_ text: String) -> Timestamp? {
        guard text.utf8.count <= longest else { return nil }
        if let number = RetryAfter.number(text) {
            guard number > 1e8 else { return nil }
            let milliseconds = number > 1e11 ? number : number * 1000
            return Timestamp(milliseconds: Int64(min(milliseconds, lastMilliseconds)))
        }
        return http(text) ?? internet(text)
    }

    /// Parses the date with which a text begins, before other words.
    static func leading(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ", maxSplits: mostWords)
        for count in stride(from: min(mostWords, words.count), to: 0, by: -1) {
            let part = words.prefix(count).joined(separator: " ")
            let plain = String(part.reversed().drop { ".,;!)".contains($0) }.reversed())
            if let date = read(plain) { return date }
        }
        return nil
    }

    /// The words of the longest form, an HTTP date.
    private static let mostWords = 6
    /// The longest text that is read, in bytes.
    private static let longest = 64
    /// The end of the year 9999.
    private static let lastMilliseconds = 253_402_300_799_000.0

    /// Parses an IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
    package static func http(_ text: String) -> Timestamp? {
        guard text.utf8.count <= longest else { return nil }
        let parts = text.lowercased().split(whereSeparator: { $0 == " " || $0 == ":" || $0 == "," })
        let months = [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ]
        guard parts.count == 8, parts[7] == "gmt", let day = Int64(parts[1]),
            let month = months.firstIndex(of: String(parts[2])),
            let year = Int64(parts[3]), let hour = Int64(parts[4]), let minute = Int64(parts[5]),
            let second = Int64(parts[6])
        else { return nil }
        return timestamp([year, Int64(month) + 1, day], [hour, minute, second])
    }

    /// Parses a date of RFC 3339, such as `2026-11-20T10:00:00.5+02:00`, also with blanks, `at` or
    /// `UTC` in it and without seconds.
    ///
    /// A date without a zone is none.
    private static func internet(_ text: String) -> Timestamp? {
        var rest = Array(text.lowercased().utf8)[...]
        guard let day = numbers(4, UInt8(ascii: "-"), &rest), day.count == 3 else { return nil }
        skip([" ", "t", "at", " "], &rest)
        guard var time = numbers(2, UInt8(ascii: ":"), &rest), (2...3).contains(time.count) else {
            return nil
        }
        if time.count == 2 { time.append(0) }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst().drop { (0x30...0x39).contains($0) }
        }
        skip([" "], &rest)
        guard let date = timestamp(day, time) else { return nil }
        let zone = String(decoding: rest, as: UTF8.self)
        if ["z", "utc", "gmt"].contains(zone) { return date }
        guard let sign = rest.popFirst(), [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign),
            let offset = numbers(2, UInt8(ascii: ":"), &rest), rest.isEmpty,
            offset.count == 2, offset[0] < 24, offset[1] < 60
        else { return nil }
        let ahead = Duration.seconds(offset[0] * 3600 + offset[1] * 60)
        return sign == UInt8(ascii: "+") ? date + (.zero - ahead) : date + ahead
    }

    /// Removes each of the words that the rest begins with, in their order.
    private static func skip(_ words: [String], _ rest: inout ArraySlice<UInt8>) {
        for word in words where rest.starts(with: word.utf8) {
            rest = rest.dropFirst(word.utf8.count)
        }
    }

    /// Takes at most three numbers with a separator between them, of which the first has `digits`
    /// digits and the others have two.
    private static func numbers(
        _ digits: Int,
        _ separator: UInt8,
        _ rest: inout ArraySlice<UInt8>
    ) -> [Int64]? {
        var (found, width): ([Int64], Int) = ([], digits)
        while found.count < 3 {
            let text = rest.prefix { (0x30...0x39).contains($0) }
            guard text.count == width, let number = Int64(String(decoding: text, as: UTF8.self))
            else { return nil }
            found.append(number)
            (rest, width) = (rest.dropFirst(text.count), 2)
            guard rest.first == separator, found.count < 3 else { break }
            rest = rest.dropFirst()
        }
        return found
    }

    /// The time of a year, month and day, and of an hour, minute and second, or nil if there is none.
    private static func timestamp(_ day: [Int64], _ time: [Int64]) -> Timestamp? {
        guard (1970...9999).contains(day[0]), (1...12).contains(day[1]), (1...31).contains(day[2]),
            (0...23).contains(time[0]), (0...59).contains(time[1]), (0...60).contains(time[2])
        else { return nil }
        let days = daysSince1970(year: day[0], month: day[1], day: day[2])
        let seconds = days * 86400 + time[0] * 3600 + time[1] * 60 + time[2]
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
