/// Tokens of one call.
package struct TokenUsage: Equatable, Sendable {
    /// Tokens of the prompt, 0 or more.
    package var input: Int
    /// Tokens of the answer, 0 or more.
    ///
    /// A model's hidden reasoning counts.
    package var output: Int
    /// Whether Berth estimated them because the provider did not say.
    package var isEstimated: Bool

    /// Makes a usage.
    package init(input: Int, output: Int, isEstimated: Bool) {
        self.input = input
        self.output = output
        self.isEstimated = isEstimated
    }
}
