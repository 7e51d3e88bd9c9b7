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

    /// Encodes every key, so that an absent error or model is null.
    package func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(id, forKey: .id)
        try object.encode(text, forKey: .text)
        try object.encode(answer, forKey: .answer)
        try object.encode(state, forKey: .state)
        try object.encode(error, forKey: .error)
        try object.encode(model, forKey: .model)
        try object.encode(inputTokens, forKey: .inputTokens)
        try object.encode(outputTokens, forKey: .outputTokens)
        try object.encode(isEstimated, forKey: .isEstimated)
        try object.encode(created, forKey: .created)
    }
}
