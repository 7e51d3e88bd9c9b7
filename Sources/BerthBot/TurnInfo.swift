package import BerthLoop
import BerthStore

/// A message and its answer as clients see them.
package struct TurnInfo: Encodable, Sendable {
    /// The turn's public name.
    package let id: String
    /// The message.
    package let text: String
    /// The whole message, of which ``text`` is the beginning, or nil if ``text`` is all of it.
    package let wholeText: TextInfo?
    /// The pictures that came with the message, or nil if there are none.
    package let inputs: [PictureInfo]?
    /// The answer, as far as it has come.
    package let answer: String
    /// The pictures of the answer, or nil if there are none.
    package let pictures: [PictureInfo]?
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
    /// The reason for which the model ended the answer, or nil if it did not.
    package let ending: String?
    /// The reason in words, or nil if the answer is whole.
    package let note: String?
    /// The model's reasoning before the answer.
    package let reasoning: String?
    /// The sources that the answer cites, or nil if it cites none.
    package let sources: [SourceInfo]?
    /// Its place among the turns beside it, or nil if there are none.
    package let branch: BranchInfo?
    /// Whether its answer goes on where that of the turn before it was cut, or nil if not.
    package let isContinuation: Bool?
    /// The newest turn that its prompt had no room for, or nil if it had room for all.
    package let leftOut: LeftOutInfo?
    /// Whether its answer comes from the cache, or nil if not.
    package let isCached: Bool?
    /// The cost of its answer in millionths of a dollar.
    package let micros: Int64
    /// The time of the message.
    package let created: Timestamp

    private enum CodingKeys: String, CodingKey {
        case id
        case text
        case wholeText = "whole_text"
        case inputs
        case answer
        case pictures
        case state
        case error
        case model
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case isEstimated = "estimated"
        case ending
        case note
        case reasoning
        case sources
        case branch
        case isContinuation = "continues"
        case leftOut = "left_out"
        case isCached = "cached"
        case micros = "cost_micros"
        case created = "created_ms"
    }

    /// Makes the form of a turn for a reader of `language`.
    init(_ turn: Turn, in language: Language) {
        id = turn.publicID
        text = turn.text
        wholeText = TextInfo(turn.wholeText)
        inputs = PictureInfo.list(turn.inputs)
        answer = turn.answer
        pictures = PictureInfo.list(turn.pictures)
        state = turn.state.rawValue
        error = turn.error
        model = turn.model
        inputTokens = turn.inputTokens
        outputTokens = turn.outputTokens
        isEstimated = turn.isEstimated
        ending = turn.ending?.rawValue
        // A failure says so itself.
        note =
            turn.state == .done ? turn.ending.flatMap { Phrase.note($0)?.text(in: language) } : nil
        reasoning = turn.reasoning.isEmpty ? nil : turn.reasoning
        sources = turn.sources.isEmpty ? nil : SourceInfo.list(turn.sources)
        branch = turn.branch.map { BranchInfo(place: $0.place, count: $0.count) }
        isContinuation = turn.isContinuation ? true : nil
        leftOut = LeftOutInfo(turn.leftOut, isSummarized: turn.isSummarized, in: language)
        isCached = turn.isCached ? true : nil
        micros = turn.micros
        created = turn.created
    }

    /// Encodes an absent error or model as null, and leaves out other absent values.
    package func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(id, forKey: .id)
        try object.encode(text, forKey: .text)
        try object.encodeIfPresent(wholeText, forKey: .wholeText)
        try object.encodeIfPresent(inputs, forKey: .inputs)
        try object.encode(answer, forKey: .answer)
        try object.encodeIfPresent(pictures, forKey: .pictures)
        try object.encode(state, forKey: .state)
        try object.encode(error, forKey: .error)
        try object.encode(model, forKey: .model)
        try object.encode(inputTokens, forKey: .inputTokens)
        try object.encode(outputTokens, forKey: .outputTokens)
        try object.encode(isEstimated, forKey: .isEstimated)
        try object.encodeIfPresent(ending, forKey: .ending)
        try object.encodeIfPresent(note, forKey: .note)
        try object.encodeIfPresent(reasoning, forKey: .reasoning)
        try object.encodeIfPresent(sources, forKey: .sources)
        try object.encodeIfPresent(branch, forKey: .branch)
        try object.encodeIfPresent(isContinuation, forKey: .isContinuation)
        try object.encodeIfPresent(leftOut, forKey: .leftOut)
        try object.encodeIfPresent(isCached, forKey: .isCached)
        try object.encode(micros, forKey: .micros)
        try object.encode(created, forKey: .created)
    }
}
