package import BerthText

/// One piece of an answer, from the provider that gives it to the reader that shows it.
///
/// Providers make pieces of their own protocols, and the OpenAI-compatible API makes chunks of
/// pieces. Nothing between the two handles OpenAI's JSON, except that it carries a ``RawPiece``.
///
/// Most pieces are text. The others lie apart, so that a piece is two words and quickly handed on.
package enum AnswerPiece: Sendable {
    /// More of the first choice's text.
    case text(String)
    /// A part of a tool call.
    indirect case toolCall(RawPiece)
    /// Something that no other case expresses, such as reasoning, log probabilities or a further
    /// choice.
    indirect case raw(RawPiece)
    /// The reason for which the first choice ended, in OpenAI's words.
    case finish(String)
    /// The tokens of the call. `details` is the provider's own `usage` object, or nil if it sent
    /// none.
    indirect case usage(TokenUsage, details: [UInt8]?)
    /// A whole answer that was not streamed.
    case whole(ChatCompletion)
}

/// A chunk in OpenAI's shape that is passed on as it came.
package struct RawPiece: Sendable {
    /// The whole chunk.
    ///
    /// Its id and model are the provider's.
    package let chunk: JSONObject
    /// The text that it adds to the first choice.
    package let text: String
    /// The reason for which the first choice ended, or nil while it goes on.
    package let finish: String?
    /// The text that it adds to the first choice's reasoning.
    package let reasoning: String
    /// The sources that it names.
    package let links: [SourceLink]
    /// Whether ``text`` is the model's refusal to answer.
    package let isRefusal: Bool
    /// The bytes of text and reasoning that it adds to further choices.
    package internal(set) var others = 0

    /// The bytes that a chunk without text and reasoning says, such as those of tool calls.
    ///
    /// They are counted where the chunk is read, because the chunk may be large.
    private let callBytes: Int

    /// The bytes of all that it says, for an estimate of its tokens.
    package var saidBytes: Int {
        let words = text.utf8.count + reasoning.utf8.count + others
        return words > 0 ? words : callBytes
    }

    /// Wraps a chunk, with what it holds of the first choice.
    package init(
        chunk: JSONObject,
        text: String,
        finish: String?,
        reasoning: String = "",
        links: [SourceLink] = [],
        isRefusal: Bool = false
    ) {
        self.chunk = chunk
        self.text = text
        self.finish = finish
        self.reasoning = reasoning
        self.links = links
        self.isRefusal = isRefusal
        callBytes = text.isEmpty && reasoning.isEmpty ? OpenAIWire.saidBytes(in: chunk) : 0
    }
}

extension AnswerPiece {
    /// The text that this piece adds to the first choice.
    package var text: String {
        switch self {
        case .text(let text): text
        case .toolCall(let raw), .raw(let raw): raw.text
        case .whole(let answer): answer.text
        case .finish, .usage: ""
        }
    }

    /// The reason for which the first choice ended, if this piece names it.
    package var finish: String? {
        switch self {
        case .finish(let reason): reason
        case .toolCall(let raw), .raw(let raw): raw.finish
        case .whole(let answer): answer.finish
        case .text, .usage: nil
        }
    }

    /// The chunk that it was made of, if it is more than text or an end.
    package var raw: RawPiece? {
        switch self {
        case .toolCall(let raw), .raw(let raw): raw
        case .text, .finish, .usage, .whole: nil
        }
    }

    /// The bytes that a log holds for this piece.
    package var size: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .toolCall(let raw), .raw(let raw):
            raw.chunk.bytes.count + raw.reasoning.utf8.count + AnswerPiece.overhead
        case .usage(_, let details): (details?.count ?? 0) + AnswerPiece.overhead
        // A whole answer carries a lease of its own.
        case .finish, .whole: AnswerPiece.overhead
        }
    }

    /// The work of passing the piece on, as ``LargeWork`` counts it in bytes.
    package var work: Int {
        switch self {
        case .whole(let answer): answer.object.work
        case .raw(let raw), .toolCall(let raw): max(size, raw.chunk.work)
        case .text, .finish, .usage: size
        }
    }

    /// The table of a JSON object, or an entry in a log.
    private static let overhead = 256
}
