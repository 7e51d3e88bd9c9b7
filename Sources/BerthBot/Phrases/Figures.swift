import BerthConfig
import BerthLoop
import BerthMemory
import BerthText

/// The rules by which a language writes numbers, sizes, money, dates and waits.
package struct Figures: Sendable {
    /// The forms of a noun after a number.
    enum Plural: Sendable {
        /// One form.
        case none
        /// One, and any other number.
        case english
        /// 1 and 21, 2 to 4 and 22, 5 to 20 and 25.
        case slavic
    }

    let plural: Plural
    /// The mark between thousands.
    let group: String
    /// The least number of digits that are grouped.
    let leastGrouped: Int
    /// The mark before decimals.
    let decimal: String
    /// The units of sizes, from bytes on, each by a factor of 1,024, with the space before it.
    let sizes: [String]
    /// Seconds, minutes and hours, each with the space before it.
    let waits: [String]
    /// An amount of money, in the place of `#`.
    let money: String
    /// A date, in the places of `d` for the day, `m` for the month and `y` for the year in braces.
    let date: String
    /// The names of the months.
    let months: [String]

    /// The index of a noun's form after a number.
    ///
    /// Source: <https://www.unicode.org/cldr/charts/48/supplemental/language_plural_rules.html>.
    func form(of count: Int) -> Int {
        let (tens, ones) = (count.magnitude % 100, count.magnitude % 10)
        return switch plural {
        case .none: 0
        case .english: count == 1 ? 0 : 1
        case .slavic where ones == 1 && tens != 11: 0
        case .slavic where 2...4 ~= ones && !(12...14 ~= tens): 1
        case .slavic: 2
        }
    }

    func text(_ count: Int) -> String {
        let digits = Array("\(count.magnitude)")
        guard digits.count >= leastGrouped else { return "\(count)" }
        var text = count < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += group }
            text.append(digit)
        }
        return text
    }

    func text(_ size: ByteCount) -> String {
        let parts = size.description.split(separator: " ")
        let unit = ["B", "KiB", "MiB", "GiB"].firstIndex(of: parts.last ?? "") ?? 0
        return parts[0].replacing(".", with: decimal) + sizes[unit]
    }

    func text(dollars micros: Int64) -> String {
        let amount = Money(micros: micros).description.replacing(".", with: decimal)
        return money.replacing("#", with: amount)
    }

    /// The time until something, rounded up.
    func text(_ wait: Duration) -> String {
        let seconds = wait.secondsRoundedUp
        let minutes = (seconds - 1) / 60 + 1
        return if seconds < 120 {
            "\(seconds)\(waits[0])"
        } else if minutes < 120 {
            "\(minutes)\(waits[1])"
        } else {
            "\((minutes - 1) / 60 + 1)\(waits[2])"
        }
    }

    /// A date to the minute, in UTC.
    func text(_ date: Timestamp) -> String {
        // "2026-11-20T18:29:32.123Z"
        let parts = date.description.split { "-T".utf8.contains($0.utf8.first ?? 0) }
        guard parts.count == 4, let month = Int(parts[1]), let day = Int(parts[2]) else {
            return date.description
        }
        let time = parts[3].split(separator: ":").dropLast().joined(separator: ":")
        return self.date.replacing("{d}", with: "\(day)")
            .replacing("{m}", with: months[month - 1]).replacing("{y}", with: parts[0])
            + " \(time) UTC"
    }
}
