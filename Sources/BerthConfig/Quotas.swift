package import BerthMemory

/// What one tenant may use; a tenant without own figures has the configuration's.
package struct Quotas: Equatable, Sendable {
    /// Requests from midnight to midnight in the configured time zone.
    package var requestsPerDay = 200
    /// Tokens in and out, likewise.
    package var tokensPerDay = 200_000
    /// Pictures made, likewise.
    package var imagesPerDay = 20
    /// Dollars from the month's first midnight, likewise.
    package var spendPerMonth = Money(micros: 5_000_000)
    /// The most that the tenant's work may hold at once.
    package var memory = ByteCount.mebibytes(16)
    /// The most that the tenant's files may take.
    package var disk = ByteCount.mebibytes(256)
    /// The most files.
    package var files = 500

    /// Berth's own defaults.
    package init() {}

    /// A quota as the database has it: a count, bytes or millionths of a dollar.
    package subscript(key: QuotaKey) -> Int64 {
        get {
            switch key {
            case .requestsPerDay: Int64(requestsPerDay)
            case .tokensPerDay: Int64(tokensPerDay)
            case .imagesPerDay: Int64(imagesPerDay)
            case .spendPerMonth: spendPerMonth.micros
            case .memory: Int64(memory.bytes)
            case .disk: Int64(disk.bytes)
            case .files: Int64(files)
            }
        }
        set {
            switch key {
            case .requestsPerDay: requestsPerDay = Int(newValue)
            case .tokensPerDay: tokensPerDay = Int(newValue)
            case .imagesPerDay: imagesPerDay = Int(newValue)
            case .spendPerMonth: spendPerMonth = Money(micros: newValue)
            case .memory: memory = ByteCount(Int(newValue))
            case .disk: disk = ByteCount(Int(newValue))
            case .files: files = Int(newValue)
            }
        }
    }
}

/// The name of a quota in the file, in `berth quota set` and in JSON.
package enum QuotaKey: String, CaseIterable, Sendable {
    case requestsPerDay = "requests_per_day"
    case tokensPerDay = "tokens_per_day"
    case imagesPerDay = "images_per_day"
    case spendPerMonth = "spend_per_month"
    case memory
    case disk
    case files

    /// What its value may be, to follow "is not".
    package var expected: String {
        switch measure {
        case .count(let format): format.expected
        case .size(let format): format.expected
        case .money(let format): format.expected
        }
    }

    /// Reads a value as a person writes it: `200`, `16MiB`, `5.00`.
    ///
    /// - Returns: a count, bytes or millionths of a dollar; nil when it is not ``expected``.
    package func read(_ text: String) -> Int64? {
        switch measure {
        case .count(let format): format.read(text).map { Int64($0) }
        case .size(let format): format.read(text).map { Int64($0.bytes) }
        case .money(let format): format.read(text)?.micros
        }
    }

    /// Writes a value so that ``read(_:)`` reads it.
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
