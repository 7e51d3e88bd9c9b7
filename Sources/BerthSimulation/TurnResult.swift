/// The outcome and latency of one question.
package struct TurnResult: Equatable, Sendable {
    /// The outcome.
    package var verdict: Verdict
    /// The time from the question to the first text of the answer; nil if no text came.
    package var firstToken: Duration?
    /// The time from the question to the end of the answer.
    package var full: Duration
    /// The time from the provider's last token to the complete message in Telegram, or nil.
    package var sinceLastToken: Duration?
    /// Whether all earlier questions of the persona were answered before.
    package var isInOrder = true

    /// Makes a result.
    package init(verdict: Verdict, firstToken: Duration? = nil, full: Duration) {
        self.verdict = verdict
        self.firstToken = firstToken
        self.full = full
    }
}
