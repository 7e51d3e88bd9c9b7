import BerthLoop
import BerthMemory
package import BerthText

/// A whole answer that was not streamed, in the shape of OpenAI's `chat.completion`.
///
/// Its object is carried unread. Everything that the service acts on is read when the answer arrives.
package final class ChatCompletion: Sendable {
    /// The answer.
    ///
    /// Its id and model are the provider's.
    package let object: JSONObject
    /// The first choice's text, or else the words with which the model refuses.
    package let text: String
    /// The call's tokens as the provider counts them, or ``TokenUsage/unknown``.
    package let usage: TokenUsage
    /// The estimated tokens of all choices, or 0 if the provider has counted them.
    package let estimatedOutput: Int
    /// The reason for which the first choice ended, or nil if the provider did not say.
    package let finish: String?
    /// The first choice's reasoning, or "".
    package let reasoning: String
    /// The sources that the answer names.
    package let links: [SourceLink]
    /// Whether ``text`` is the model's refusal to answer.
    package let isRefusal: Bool
    /// Whether the first choice calls a tool.
    package let isCall: Bool
    private let lease: MemoryLease
    /// Keeps the account's work open, because the answer may outlive the call when others read it.
    private let work: MemoryWork

    /// Keeps `lease` for the answer's bytes until the answer is dropped.
    ///
    /// - Parameters:
    ///   - object: the answer.
    ///   - usage: replaces the one in the answer.
    ///   - bill: the provider's own bill beside the answer, in millionths of a dollar.
    ///   - lease: pays for the answer's bytes.
    ///   - call: the call that is answered.
    init(
        _ object: JSONObject,
        usage: TokenUsage? = nil,
        bill: Int64? = nil,
        lease: consuming MemoryLease,
        to call: ChatCall
    ) async {
        work = call.account.begin()
        self.object = object
        let words: AnswerWords
        var said: TokenUsage
        (words, finish, said, estimatedOutput) = await LargeWork.run(on: object.work) {
            let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
            let said = OpenAIWire.usage(in: object) ?? .unknown
            let isCounted = (usage ?? said).output > 0
            return (
                AnswerWords(choice?.object("message"), of: object),
                choice?.string("finish_reason")?.cut(toBytes: 64),
                said,
                isCounted ? 0 : TokenEstimate.tokens(bytes: OpenAIWire.saidBytes(in: object))
            )
        }
        (text, reasoning, links) = (words.text, words.reasoning, words.links)
        (isRefusal, isCall) = (words.isRefusal, words.isCall)
        said.bill = bill ?? said.bill
        self.usage = usage ?? said
        self.lease = lease
    }

    /// The pieces of which a stream with the same answer consists: everything beside the first
    /// choice's text, the text, the finish reason and the usage.
    package var pieces: [AnswerPiece] { AnswerPiece.pieces(of: object) }

    /// The text of the first choice of a `chat.completion`, or nil if it has none.
    package static func text(of object: JSONObject) -> String? {
        let choice = object.elements("choices")?.first.flatMap { object.object(at: $0) }
        return choice?.object("message")?.string("content").flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension AnswerPiece {
    /// The pieces of which a stream with the same answer as a `chat.completion` consists.
    package static func pieces(of answer: JSONObject) -> [AnswerPiece] {
        let choices = (answer.elements("choices") ?? []).compactMap { answer.object(at: $0) }
        guard let first = choices.first, let message = first.object("message") else { return [] }
        // Content that is no text stays where it is.
        let text = message.string("content") ?? ""
        let finish = text.isEmpty ? nil : first.word("finish_reason")
        let list = choices.enumerated().map { place, choice in
            let own = choice.object("message")?.setting([("role", nil)]) ?? Array("{}".utf8)
            var changes: [(String, [UInt8]?)] = [("message", nil), ("delta", own)]
            if place == 0, !text.isEmpty {
                changes[1].1 = message.setting([("role", nil), ("content", nil)])
                changes.append(("finish_reason", Array("null".utf8)))
            }
            return choice.setting(changes)
        }
        let chunk = answer.setting([
            "object": JSON.quote("chat.completion.chunk"),
            "choices": Array("[".utf8) + list.joined(separator: [UInt8(ascii: ",")])
                + Array("]".utf8),
        ])
        guard let object = try? JSONObject(answer: chunk) else { return [] }
        var chunks = OpenAIChunks()
        var pieces = chunks.pieces(of: object)
        let usage = pieces.lastIndex { if case .usage = $0 { true } else { false } }
        let last = usage.map { pieces.remove(at: $0) }
        if !text.isEmpty { pieces.append(.text(text)) }
        if let finish { pieces.append(.finish(finish)) }
        if let last { pieces.append(last) }
        return pieces
    }
}
