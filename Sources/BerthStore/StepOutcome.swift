/// The end of a step.
package struct StepOutcome: Sendable {
    /// Whether it has a result.
    package var isDone: Bool
    /// The runner's own note of the step, or nil leaves it as it is.
    package var detail: String?
    /// The costs of the calls that end with the step.
    package var settling: [Settlement] = []
    /// The steps that follow.
    ///
    /// They wait.
    package var next: [StepDraft] = []

    /// Makes an outcome.
    ///
    /// Set what is known besides.
    package init(isDone: Bool, detail: String? = nil) {
        self.isDone = isDone
        self.detail = detail
    }
}
