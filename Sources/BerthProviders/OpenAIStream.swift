import BerthLoop
import BerthText

/// A streamed answer of an ``OpenAIProvider``.
///
/// Each server-sent event is one chunk. An answer that was not streamed is one chunk as well.
@Loop final class OpenAIStream: ChatStream {
    private let events: UpstreamEvents
    private let provider: String
    let isLimited: Bool
    /// Pieces of the last chunk that were not taken yet, at most two.
    private var waiting: [AnswerPiece] = []
    private var chunks = OpenAIChunks()
    private var hasFinish = false
    /// Whether every choice has ended.
    private var isWhole = false
    /// Whether the usage has come with the last finish reason or after it.
    private var isCounted = false
    private var isDone = false

    /// Makes a stream of the events of `provider`.
    ///
    /// With `mayBeEmpty`, an answer without a word is no failure.
    init(
        _ events: UpstreamEvents,
        provider: String,
        mayBeEmpty: Bool,
        isLimited: Bool = true
    ) {
        self.events = events
        self.provider = provider
        self.isLimited = isLimited
        chunks.ends.mayBeEmpty = mayBeEmpty
    }

    func next() async throws(ProviderError) -> AnswerPiece? {
        events.beginWait()
        defer { events.endWait() }
        do {
            while waiting.isEmpty, !isDone { try await read() }
            return waiting.isEmpty ? nil : waiting.removeFirst()
        } catch {
            isDone = true
            throw error
        }
    }

    /// Takes one event.
    private func read() async throws(ProviderError) {
        guard let event = try await events.next() else { return try end() }
        guard !event.data.starts(with: "[DONE]".utf8) else {
            await events.finish()
            return try end()
        }
        guard !event.isBlank else { return }
        let chunk = try await events.object(of: event)
        let goesOn: Bool
        (waiting, goesOn) = await pieces(of: chunk)
        if goesOn { events.progressed() }
        if waiting.contains(where: { $0.finish != nil }) { hasFinish = true }
        noteEnd(goesOn, isCounted: chunks.ends.areClosed && OpenAIWire.usage(in: chunk) != nil)
        if let reason = chunks.ends.failed {
            throw events.end(
                .failedMidway(provider: provider, message: "its finish reason is '\(reason)'")
            )
        }
    }

    /// Notes whether the answer is whole after a chunk.
    ///
    /// A chunk that brings nothing new does not begin the wait for the end anew.
    private func noteEnd(_ goesOn: Bool, isCounted: Bool) {
        guard chunks.ends.areClosed else { return }
        if !isWhole || goesOn || (isCounted && !self.isCounted) {
            events.mayEnd(isCounted: isCounted || self.isCounted)
        }
        isWhole = true
        self.isCounted = isCounted || self.isCounted
    }

    /// Takes the end of the stream.
    private func end() throws(ProviderError) {
        isDone = true
        waiting = chunks.rest()
        // Some servers just close on failure, so an end without a finish reason is a cut.
        if let error = chunks.ends.failure(of: provider) { throw error }
    }

    /// The pieces of a chunk, and whether one of them carries the answer on.
    private func pieces(of chunk: JSONObject) async -> (pieces: [AnswerPiece], goOn: Bool) {
        let hasFinish = hasFinish
        guard LargeWork.isLarge(chunk.work) else {
            let pieces = chunks.pieces(of: chunk)
            return (pieces, pieces.contains { OpenAIStream.goesOn($0, hasFinish) })
        }
        let (pieces, goOn): ([AnswerPiece], Bool)
        (pieces, goOn, chunks) = await LargeWork.run(on: chunk.work) { [chunks] in
            var chunks = chunks
            let pieces = chunks.pieces(of: chunk)
            return (pieces, pieces.contains { OpenAIStream.goesOn($0, hasFinish) }, chunks)
        }
        return (pieces, goOn)
    }

    /// Whether a piece carries the answer on, rather than keep its stream open.
    private nonisolated static func goesOn(_ piece: AnswerPiece, _ hasFinish: Bool) -> Bool {
        if piece.finish != nil, !hasFinish { return true }
        return switch piece {
        case .text(let text): text.isVisible
        case .toolCall(let raw), .raw(let raw): OpenAIWire.hasWords(raw.chunk)
        case .finish, .usage, .whole: false
        }
    }

    func cancel() {
        (isDone, waiting) = (true, [])
        events.cancel()
    }
}
