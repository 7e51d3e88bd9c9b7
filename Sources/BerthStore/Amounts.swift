/// A quantity that is counted, limited and charged.
package enum Amount: Int, CaseIterable, Sendable {
    /// Calls.
    case requests
    /// Tokens of prompts.
    case inputTokens
    /// Tokens of answers.
    case outputTokens
    /// Pictures made.
    case images
    /// Millionths of a dollar.
    case micros
    /// Bytes on disk.
    case diskBytes
}

/// One number for each ``Amount``: a price, a reservation, a cost or a day's usage.
///
/// Every number is kept within 0 and ``most``, so a sum never overflows.
package struct Amounts: Equatable, Sendable {
    /// The largest number of each amount.
    ///
    /// Sums of eight million numbers of this size stay within 63 bits.
    package static let most: Int64 = 1 << 40

    private var values = SIMD8<Int64>()

    /// All numbers are 0.
    package init() {}

    /// Sets the given numbers; the others are 0.
    package init(_ pairs: (Amount, Int64)...) {
        for (amount, value) in pairs { self[amount] = value }
    }

    private init(clamping values: SIMD8<Int64>) {
        self.values = values.clamped(
            lowerBound: SIMD8(),
            upperBound: SIMD8(repeating: Amounts.most)
        )
    }

    /// The number of one amount.
    ///
    /// A number outside 0...``most`` is set to the nearer bound.
    package subscript(_ amount: Amount) -> Int64 {
        get { values[amount.rawValue] }
        set { values[amount.rawValue] = min(max(0, newValue), Amounts.most) }
    }

    /// Tokens of prompts and answers together.
    package var tokens: Int64 { self[.inputTokens] + self[.outputTokens] }

    /// The sum of each amount, at most ``most``.
    package static func + (left: Amounts, right: Amounts) -> Amounts {
        Amounts(clamping: left.values &+ right.values)
    }

    /// The difference of each amount, at least 0.
    package static func - (left: Amounts, right: Amounts) -> Amounts {
        Amounts(clamping: left.values &- right.values)
    }

    /// Adds each amount, up to ``most``.
    package static func += (left: inout Amounts, right: Amounts) { left = left + right }
}

extension Amounts: Bindable {
    /// Takes one `?` for each ``Amount``, in the order of the cases.
    func bind(to statement: Statement, after index: inout Int32) throws(StoreError) {
        for amount in Amount.allCases {
            index += 1
            try statement.bind(.integer(self[amount]), at: index)
        }
    }
}

extension Row {
    /// The amounts in the columns from `column` on, in the order of the cases of ``Amount``.
    func amounts(_ column: Int32) -> Amounts {
        var amounts = Amounts()
        for amount in Amount.allCases { amounts[amount] = int64(column + Int32(amount.rawValue)) }
        return amounts
    }
}
