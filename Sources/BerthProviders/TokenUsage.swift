/// Tokens of one call.
package struct TokenUsage: Equatable, Sendable {
    /// Tokens of the prompt, 0 or more.
    ///
    /// The tokens of the provider's prompt cache count.
    package let input: Int
    /// Tokens of the answer, 0 or more.
    ///
    /// A model's hidden reasoning counts.
    package let output: Int
    /// The part of ``input`` that has a price of its own.
    package let cached: CachedTokens
    /// Whether Berth estimated any of them because the provider did not say.
    package let isEstimated: Bool
    /// The amount that the provider says it has charged, in millionths of a dollar, or nil if it
    /// does not say.
    package var bill: Int64?

    /// The most tokens of either kind, above any model's limit.
    ///
    /// It keeps a wrong number of a provider or a cache from overflowing an account.
    package static let most = 100_000_000

    /// Nothing that a provider has said.
    package static let unknown = TokenUsage(input: 0, output: 0, isEstimated: true)

    /// Makes a usage, whose numbers of tokens are set to 0...``most``.
    ///
    /// `cached` is cut to `input`, its dearest part last.
    package init(
        input: Int,
        output: Int,
        isEstimated: Bool,
        bill: Int64? = nil,
        cached: CachedTokens = CachedTokens()
    ) {
        let input = min(max(0, input), TokenUsage.most)
        self.input = input
        self.output = min(max(0, output), TokenUsage.most)
        self.cached = cached.cut(to: input)
        self.isEstimated = isEstimated
        self.bill = bill
    }

    /// This usage after a later report on the same answer.
    ///
    /// Reports are running totals, so the later one counts and nothing is added. A number that the
    /// later one leaves out or sets to 0 stays.
    package func updated(by later: TokenUsage) -> TokenUsage {
        let isSilent = later.input == 0 || (later.input == input && later.cached == CachedTokens())
        return TokenUsage(
            input: later.input > 0 ? later.input : input,
            output: later.output > 0 ? later.output : output,
            isEstimated: isEstimated && later.isEstimated,
            bill: [bill, later.bill].compactMap(\.self).max(),
            cached: isSilent ? cached : later.cached
        )
    }

    /// This usage with estimates of what the provider has not said.
    ///
    /// No prompt has 0 tokens, so an ``input`` of 0 is none that was said.
    ///
    /// - Parameters:
    ///   - prompt: the estimated tokens of the prompt.
    ///   - rest: the estimated tokens of the part of the answer that came after the last report.
    /// - Returns: the usage, which is marked as estimated if any of it is.
    package func completed(prompt: Int, rest: Int) -> TokenUsage {
        guard input == 0 || rest > 0 else { return self }
        return TokenUsage(
            input: input > 0 ? input : prompt,
            output: output + min(max(0, rest), TokenUsage.most),
            isEstimated: true,
            bill: bill,
            cached: cached
        )
    }
}

/// Tokens of a prompt that the provider read from its prompt cache, or wrote into it.
package struct CachedTokens: Equatable, Sendable {
    /// Tokens that were read, 0 or more.
    package private(set) var read = 0
    /// Tokens that were written, for any time, 0 or more.
    package private(set) var written = 0
    /// The part of ``written`` that is kept for an hour, 0 or more.
    package private(set) var writtenForHour = 0

    /// Makes a count.
    ///
    /// `writtenForHour` is a part of `written`, which it raises if it is more.
    package init(read: Int = 0, written: Int = 0, writtenForHour: Int = 0) {
        func bounded(_ tokens: Int) -> Int { min(max(0, tokens), TokenUsage.most) }
        self.read = bounded(read)
        self.writtenForHour = bounded(writtenForHour)
        self.written = max(bounded(written), self.writtenForHour)
    }

    /// All of them.
    package var all: Int { read + written }

    /// At most `input` tokens of these, the dearest first.
    fileprivate func cut(to input: Int) -> CachedTokens {
        guard all > input else { return self }
        var cut = self
        cut.writtenForHour = min(writtenForHour, input)
        cut.written = min(written, input)
        cut.read = min(read, input - cut.written)
        return cut
    }
}
