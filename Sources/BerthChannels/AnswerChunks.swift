import BerthLoop
import BerthMemory
import BerthProviders
import BerthText
import BerthWork

/// Makes the chunks of OpenAI's stream out of the pieces of one answer.
struct AnswerChunks {
    private let identity: CompletionJSON.Identity
    /// The members that Berth sets in a provider's own chunk.
    private let members: KeyValuePairs<String, [UInt8]?>
    private let wantsUsage: Bool
    private let form: ChatRequest.Form
    /// Whether the client has a chunk with the role.
    private var hasBegun = false
    /// The provider's own `usage` object, for the last chunk.
    private var details: [UInt8]?

    /// The bytes of events after which a row of pieces is sent.
    static let mostAtOnce = ByteCount.kibibytes(8)

    init(
        _ identity: CompletionJSON.Identity,
        _ members: KeyValuePairs<String, [UInt8]?>,
        usage: Bool,
        as form: ChatRequest.Form
    ) {
        self.identity = identity
        self.form = form
        self.members = members
        wantsUsage = usage
    }

    /// Every chunk but the last has a `usage` of null if the client wants the usage.
    private var usage: CompletionJSON.Usage { wantsUsage ? .null : .absent }

    /// Returns the chunks of one piece, often one.
    mutating func take(_ piece: AnswerPiece) -> [[UInt8]] {
        let chunks = chat(piece)
        return form == .chat ? chunks : chunks.compactMap { TextCompletion.chunk($0) }
    }

    /// Appends the events of a piece and of those that came with it.
    ///
    /// - Parameters:
    ///   - piece: the first piece.
    ///   - answer: the answer that it belongs to.
    ///   - bytes: gets the events.
    ///   - failure: gets the error that follows on the pieces.
    /// - Returns: the next piece if it is large work, which ends the row.
    @Loop mutating func add(
        _ piece: AnswerPiece,
        of answer: any AnswerStream,
        to bytes: inout [UInt8],
        _ failure: inout BotError?
    ) -> AnswerPiece? {
        var next = AnswerPiece?.some(piece)
        while let piece = next {
            guard !LargeWork.isLarge(piece.work) else { return piece }
            add(piece, to: &bytes)
            guard bytes.count < AnswerChunks.mostAtOnce.bytes else { return nil }
            do throws(BotError) { next = try answer.taken() } catch {
                failure = error
                return nil
            }
        }
        return nil
    }

    /// Appends the events of a piece.
    mutating func add(_ piece: AnswerPiece, to bytes: inout [UInt8]) {
        if case .text(let text) = piece, form == .chat {
            // Most pieces are text, whose chunk is written in place.
            SSE.addLine(to: &bytes) { add(text: text, to: &$0) }
        } else {
            for chunk in take(piece) { SSE.add(chunk, to: &bytes) }
        }
    }

    private mutating func add(text: String, to bytes: inout [UInt8]) {
        CompletionJSON.addChunk(delta: text, isFirst: !hasBegun, as: identity, usage, to: &bytes)
        hasBegun = true
    }

    private mutating func chat(_ piece: AnswerPiece) -> [[UInt8]] {
        switch piece {
        case .usage(_, let details):
            self.details = details ?? self.details
            return []
        case .text(let text): return [self.text(text)]
        case .finish(let reason): return role() + [finish(reason)]
        case .toolCall(let raw), .raw(let raw): return pass(raw.chunk)
        case .whole(let answer): return answer.pieces.flatMap { chat($0) }
        }
    }

    /// Returns the chunks that end the answer.
    mutating func end(_ tokens: TokenUsage) -> [[UInt8]] {
        guard wantsUsage else { return [] }
        // An estimate replaces the usage of a provider that has not counted all.
        let said = tokens.isEstimated ? nil : details
        let value = said ?? Array(CompletionJSON.json(tokens).utf8)
        let chunk = CompletionJSON.chunk(usage: value, as: identity)
        return form == .chat ? [chunk] : [TextCompletion.chunk(chunk)].compactMap(\.self)
    }

    private mutating func text(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        add(text: text, to: &bytes)
        return bytes
    }

    private func finish(_ reason: String) -> [UInt8] {
        CompletionJSON.chunk(finish: reason, as: identity, usage)
    }

    /// The chunk with the first choice's role, if the client does not have it yet.
    private mutating func role() -> [[UInt8]] { hasBegun ? [] : [text("")] }

    /// A provider's own chunk with Berth's id, time and model, after the role if that is missing.
    private mutating func pass(_ chunk: JSONObject) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        let choice = chunk.elements("choices")?.first.flatMap { chunk.object(at: $0) }
        // A further choice comes with a role of its own.
        if let choice, (choice.integer("index") ?? 0) == 0 {
            if choice.object("delta")?.has("role") ?? false { hasBegun = true }
            chunks = role()
        }
        let null: [UInt8]? = wantsUsage ? Array("null".utf8) : nil
        chunks.append(
            chunk.setting([
                "id": members[0].value, "created": members[1].value, "model": members[2].value,
                "obfuscation": nil, "x_groq": nil, "usage": null,
            ])
        )
        return chunks
    }
}
