/// The price of a model.
package struct Price: Equatable, Sendable {
    /// The price of a million input tokens, in millionths of a dollar.
    package let input: Int64
    /// The price of a million output tokens, in millionths of a dollar.
    package let output: Int64
    /// The price of a million input tokens that the provider read from its prompt cache, in
    /// millionths of a dollar.
    package let cachedInput: Int64
    /// The price of a million input tokens that the provider wrote into its prompt cache, in
    /// millionths of a dollar.
    package let cacheWrite: Int64
    /// The price of a million input tokens that the provider wrote into its prompt cache for an
    /// hour, in millionths of a dollar.
    package let cacheWriteHour: Int64

    /// Makes a price.
    ///
    /// Without a price of their own, tokens that are read from a cache cost half of `input`. The
    /// vendors charge half or less. Written ones cost `input` and a quarter, and those that are kept
    /// for an hour twice `input`, as Anthropic charges.
    ///
    /// Source: <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>, and the
    /// vendors' price lists, as of 2026-11.
    package init(
        input: Int64,
        output: Int64,
        cachedInput: Int64? = nil,
        cacheWrite: Int64? = nil,
        cacheWriteHour: Int64? = nil
    ) {
        let quarter = input / 4 + (input % 4 > 0 ? 1 : 0)
        self.input = input
        self.output = output
        self.cachedInput = cachedInput ?? input / 2 + input % 2
        self.cacheWrite = cacheWrite ?? Price.sum(input, quarter)
        self.cacheWriteHour = cacheWriteHour ?? Price.sum(input, input)
    }

    /// Returns the cost of a call in millionths of a dollar, at least the provider's own bill.
    package func cost(of usage: TokenUsage) -> Int64 { max(cost(ofTokens: usage), usage.bill ?? 0) }

    /// Returns the cost of a call's tokens in millionths of a dollar, whatever the provider's own
    /// bill.
    package func cost(ofTokens usage: TokenUsage) -> Int64 {
        let cached = usage.cached
        return cost([
            (input, usage.input - cached.all), (output, usage.output), (cachedInput, cached.read),
            (cacheWrite, cached.written - cached.writtenForHour),
            (cacheWriteHour, cached.writtenForHour),
        ])
    }

    /// Returns the cost of tokens in millionths of a dollar, none of which the provider caches.
    package func cost(input tokensIn: Int, output tokensOut: Int) -> Int64 {
        cost([(input, tokensIn), (output, tokensOut)])
    }

    /// Returns the highest cost of tokens in millionths of a dollar, for a prompt that the provider
    /// may write into its cache.
    package func highestCost(input tokensIn: Int, output tokensOut: Int) -> Int64 {
        cost([(max(input, cacheWrite, cacheWriteHour), tokensIn), (output, tokensOut)])
    }

    /// The sum is rounded up once and saturates.
    private func cost(_ parts: [(price: Int64, tokens: Int)]) -> Int64 {
        var total: Int64 = 0
        for (price, tokens) in parts {
            let part = price.multipliedReportingOverflow(by: Int64(tokens))
            let sum = total.addingReportingOverflow(part.partialValue)
            guard !part.overflow, !sum.overflow else { return .max / 2 }
            total = sum.partialValue
        }
        let (whole, rest) = total.quotientAndRemainder(dividingBy: 1_000_000)
        return rest > 0 ? whole + 1 : whole
    }

    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let sum = one.addingReportingOverflow(other)
        return sum.overflow ? .max : sum.partialValue
    }
}
