/// One question of a persona.
package struct PlannedTurn: Equatable, Sendable {
    /// The pause between the last answer and this question.
    package let pause: Duration
    /// The question.
    package let text: String
    /// Whether other personas ask the same question.
    ///
    /// In the web chat it begins a new conversation.
    package let isRepeated: Bool
    /// Whether the text is the prompt of a picture.
    package let isPicture: Bool
    /// Whether the next question does not wait for this one's answer.
    package let isFollowed: Bool
}
