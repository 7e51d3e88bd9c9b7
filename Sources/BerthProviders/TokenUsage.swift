/// Tokens of one call.
package struct TokenUsage: Equatable, Sendable {
    /// Tokens of the prompt, 0 or more.
    package let input: Int
    /// Tokens of the answer, 0 or more.
    ///
    /// A model's hidden reasoning counts.
    package let output: Int
    /// Whether Berth estimated them because the provider did not say.
    package let isEstimated: Bool
    /// The amount that the provider says it has charged, in millionths of a dollar, or nil if it
    /// does not say.
    package var bill: Int64?

    /// The most tokens of either kind, above any model's limit.
    ///
    /// It keeps a wrong number of a provider or a cache from overflowing an account.
    package static let most = 100_000_000

    /// Makes a usage, whose numbers of tokens are set to 0...``most``.
    package init(input: Int, output: Int, isEstimated: Bool, bill: Int64? = nil) {
        self.input = min(max(0, input), TokenUsage.most)
        self.output = min(max(0, output), TokenUsage.most)
        self.isEstimated = isEstimated
        self.bill = bill
    }
}
