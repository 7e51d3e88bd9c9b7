/// A step that is to be added to a turn.
package struct StepDraft: Sendable {
    /// The kind of step.
    package var kind: TurnStep.Kind
    /// The runner's own note of the step, such as a tool's arguments.
    package var detail: String

    /// Makes a draft.
    package init(_ kind: TurnStep.Kind, detail: String = "") {
        self.kind = kind
        self.detail = detail
    }
}
