import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthText
import BerthWork

/// The parts of an answer beside its text: the reasoning before it, the sources that it cites, and
/// the reason for which it ended.
@Loop final class AnswerNotes {
    /// The reasoning so far, in UTF-8.
    private(set) var reasoning: [UInt8] = []
    private(set) var sources: [SourceInfo] = []
    private var sourceBytes = 0
    private var finish: Turn.Ending?
    private var isRefusal = false
    private var isCall = false
    private var isFull = false
    private var lease: MemoryLease

    /// The most reasoning of an answer that is kept and shown, in bytes.
    static nonisolated let mostReasoning = 64 << 10

    /// The most bytes of the sources of an answer that are kept.
    ///
    /// Each reader's end of the turn has them in JSON, which the loop writes.
    static nonisolated let mostOfSources = 16 << 10

    /// Makes empty notes, whose texts are leased from `account`.
    init(of account: MemoryAccount) { lease = account.nothing(for: .replyBuffer) }

    /// Makes the notes of a stored turn.
    init(_ turn: Turn, of account: MemoryAccount) {
        lease = account.nothing(for: .replyBuffer)
        add(turn.reasoning)
        sources = SourceInfo.list(turn.sources)
        finish = turn.ending
    }

    /// The reason for which the answer ended, or nil if it has not.
    ///
    /// Some servers end a refusal or a tool call with `stop`.
    var ending: Turn.Ending? {
        guard finish == .stop else { return finish }
        if isRefusal { return .refusal }
        return isCall ? .toolCalls : .stop
    }

    /// Takes the parts of a piece beside its text.
    ///
    /// - Returns: whether the reasoning grew.
    func take(_ piece: AnswerPiece) -> Bool {
        if let word = piece.finish { finish = AnswerNotes.ending(word) }
        if case .toolCall = piece { isCall = true }
        if case .whole(let answer) = piece {
            (isCall, isRefusal) = (isCall || answer.isCall, isRefusal || answer.isRefusal)
            return add(answer.reasoning, answer.links)
        }
        guard let raw = piece.raw else { return false }
        isRefusal = isRefusal || raw.isRefusal
        return add(raw.reasoning, raw.links)
    }

    /// - Returns: whether the reasoning grew.
    private func add(_ reasoning: String, _ links: [SourceLink]) -> Bool {
        for link in links where sources.count < SourceLink.most {
            guard !sources.contains(where: { $0.url.hasBytes(of: link.url) }) else {
                continue
            }
            let source = SourceInfo(url: link.url, title: link.title)
            sourceBytes += source.url.utf8.count + source.title.utf8.count
            guard sourceBytes <= AnswerNotes.mostOfSources else { break }
            sources.append(source)
        }
        add(reasoning)
        return !reasoning.isEmpty
    }

    /// Without memory, or beyond ``mostReasoning``, the rest is left out.
    private func add(_ text: String) {
        guard !isFull, !text.isEmpty else { return }
        let size = reasoning.count + text.utf8.count
        // As text, in the outcome, and by SQLite.
        guard size <= AnswerNotes.mostReasoning,
            (try? lease.grow(to: ByteCount(3 * size), step: Broadcast.step)) != nil
        else {
            isFull = true
            reasoning += Array(" …".utf8)
            return
        }
        reasoning += Array(text.utf8)
    }

    private static func ending(_ finish: String) -> Turn.Ending {
        finish == "function_call" ? .toolCalls : Turn.Ending(rawValue: finish) ?? .stop
    }

    /// Writes the notes into a turn's end.
    func write(to outcome: inout TurnOutcome) {
        outcome.ending = ending
        outcome.reasoning = String(decoding: reasoning, as: UTF8.self)
        guard !sources.isEmpty, let json = try? JSON.encode(sources) else { return }
        outcome.sources = String(decoding: json, as: UTF8.self)
    }
}
