/// A step that is to be added to a turn.
package struct StepDraft: Sendable {
    /// The kind of step.
    package var kind: TurnStep.Kind
    /// What the turn's runner keeps of the step.
    package var detail: String

    /// Makes a draft.
    package init(_ kind: TurnStep.Kind, detail: String = "") {
        self.kind = kind
        self.detail = detail
    }
}
