import BerthMemory

/// The name of a quota in the file, in `berth quota set` and in JSON.
package enum QuotaKey: String, CaseIterable, Sendable {
    case requestsPerDay = "requests_per_day"
    case tokensPerDay = "tokens_per_day"
    case imagesPerDay = "images_per_day"
    case spendPerMonth = "spend_per_month"
    case memory
    case disk
    case files

    /// The allowed values, in words that follow "is not".
    package var expected: String {
        switch measure {
        case .count(let format): format.expected
        case .size(let format): format.expected
        case .money(let format): format.expected
        }
    }

    /// Reads a value as a person writes it, such as `200`, `16MiB` or `5.00`.
    ///
    /// - Returns: a count, bytes or millionths of a dollar. nil if `text` is not ``expected``.
    package func read(_ text: String) -> Int64? {
        switch measure {
        case .count(let format): format.read(text).map { Int64($0) }
        case .size(let format): format.read(text).map { Int64($0.bytes) }
        case .money(let format): format.read(text)?.micros
        }
    }

    /// Writes a value in the form that ``read(_:)`` reads.
    package func text(_ value: Int64) -> String {
        switch measure {
        case .count: "\(value)"
        case .size: Units.text(ByteCount(Int(value)))
        case .money: "\(Money(micros: value))"
        }
    }

    private enum Measure {
        case count(ValueFormat<Int>)
        case size(ValueFormat<ByteCount>)
        case money(ValueFormat<Money>)
    }

    private var measure: Measure {
        switch self {
        case .requestsPerDay, .imagesPerDay, .files: .count(.integer(0...1_000_000))
        case .tokensPerDay: .count(.integer(0...1_000_000_000))
        case .spendPerMonth: .money(.money(upTo: Money(micros: 1_000_000_000_000)))
        case .memory: .size(.size(.mebibytes(1) ... .mebibytes(1 << 20)))
        case .disk: .size(.size(.zero ... .mebibytes(1 << 24)))
        }
    }

    /// Reads this quota of `section` into `quotas`.
    func read(from section: Section, into quotas: inout Quotas) {
        var value = quotas[self]
        switch measure {
        case .count(let format):
            var count = Int(value)
            section.read(rawValue, into: &count, format)
            value = Int64(count)
        case .size(let format):
            var size = ByteCount(Int(value))
            section.read(rawValue, into: &size, format)
            value = Int64(size.bytes)
        case .money(let format):
            var money = Money(micros: value)
            section.read(rawValue, into: &money, format)
            value = money.micros
        }
        quotas[self] = value
    }
}
