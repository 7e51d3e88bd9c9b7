package import BerthLoop
import BerthStore

/// A message and its answer as clients see them.
package struct TurnInfo: Encodable, Sendable {
    /// The turn's public name.
    package let id: String
    /// The message.
    package let text: String
    /// The answer, as far as it has come.
    package let answer: String
    /// The turn's state.
    package let state: String
    /// The reason for which there is no whole answer, or nil if there is none.
    package let error: String?
    /// The model that answered, or nil if none has.
    package let model: String?
    /// Tokens of the prompt.
    package let inputTokens: Int
    /// Tokens of the answer.
    package let outputTokens: Int
    /// Whether the tokens are estimated.
    package let isEstimated: Bool
    /// The time of the message.
    package let created: Timestamp

    private enum CodingKeys: String, CodingKey {
        case id
        case text
        case answer
        case state
        case error
        case model
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case isEstimated = "estimated"
        case created = "created_ms"
    }

    init(_ turn: Turn) {
        id = turn.publicID
        text = turn.text
        answer = turn.answer
        state = turn.state.rawValue
        error = turn.error
        model = turn.model
        inputTokens = turn.inputTokens
        outputTokens = turn.outputTokens
        isEstimated = turn.isEstimated
        created = turn.created
    }
}
