/// The price of a model.
package struct Price: Equatable, Sendable {
    /// The price of a million input tokens, in millionths of a dollar.
    package let input: Int64
    /// The price of a million output tokens, in millionths of a dollar.
    package let output: Int64

    /// Makes a price.
    package init(input: Int64, output: Int64) {
        self.input = input
        self.output = output
    }

    /// Returns the cost of a call in millionths of a dollar, at least the provider's own bill.
    package func cost(of usage: TokenUsage) -> Int64 {
        max(cost(input: usage.input, output: usage.output), usage.bill ?? 0)
    }

    /// Returns the cost of tokens in millionths of a dollar.
    ///
    /// The sum is rounded up once and saturates.
    package func cost(input tokensIn: Int, output tokensOut: Int) -> Int64 {
        let first = input.multipliedReportingOverflow(by: Int64(tokensIn))
        let second = output.multipliedReportingOverflow(by: Int64(tokensOut))
        let sum = first.partialValue.addingReportingOverflow(second.partialValue)
        guard !first.overflow, !second.overflow, !sum.overflow else { return .max / 2 }
        let (whole, rest) = sum.partialValue.quotientAndRemainder(dividingBy: 1_000_000)
        return rest > 0 ? whole + 1 : whole
    }
}
