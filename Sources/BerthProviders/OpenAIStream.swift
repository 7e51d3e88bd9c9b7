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
    /// The part of the answer that ``taken()`` has left to ``next()``.
    private var left: Left?

    private enum Left {
        /// An event that is large work.
        case event(SSEEvent)
        /// A chunk that is large work.
        case chunk(JSONObject)
        /// The sign of the end.
        case end
    }

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
            while true {
                if let piece = try taken() { return piece }
                guard !isDone else { return nil }
                try await read()
            }
        } catch {
            isDone = true
            throw error
        }
    }

    func taken() throws(ProviderError) -> AnswerPiece? {
        do {
            while waiting.isEmpty, left == nil, !isDone, let event = events.taken() {
                try take(event)
            }
        } catch {
            isDone = true
            throw error
        }
        return waiting.isEmpty ? nil : waiting.removeFirst()
    }

    /// Takes one event, or leaves it if that is large work.
    private func take(_ event: SSEEvent) throws(ProviderError) {
        guard !event.data.starts(with: "[DONE]".utf8) else {
            left = .end
            return
        }
        guard !event.isBlank else { return }
        guard !LargeWork.isLarge(event.data.count) else {
            left = .event(event)
            return
        }
        let chunk = try events.smallObject(of: event)
        guard !LargeWork.isLarge(chunk.work) else {
            left = .chunk(chunk)
            return
        }
        let pieces = chunks.pieces(of: chunk)
        try note(pieces, of: chunk, OpenAIStream.goOn(pieces, hasFinish))
    }

    /// Takes what is left, or waits for the next event.
    private func read() async throws(ProviderError) {
        switch left.take() {
        case .event(let event): try await take(try await events.object(of: event))
        case .chunk(let chunk): try await take(chunk)
        case .end:
            await events.finish()
            try end()
        case nil: if try await !events.hasMore() { try end() }
        }
    }

    /// Takes a chunk that may be large work.
    private func take(_ chunk: JSONObject) async throws(ProviderError) {
        let pieces: [AnswerPiece]
        let goOn: Bool
        (pieces, goOn, chunks) = await LargeWork.run(on: chunk.work) { [chunks, hasFinish] in
            var chunks = chunks
            let pieces = chunks.pieces(of: chunk)
            return (pieces, OpenAIStream.goOn(pieces, hasFinish), chunks)
        }
        try note(pieces, of: chunk, goOn)
    }

    /// Notes the pieces of a chunk, one of which may carry the answer on.
    private func note(
        _ pieces: [AnswerPiece],
        of chunk: JSONObject,
        _ goesOn: Bool
    ) throws(ProviderError) {
        waiting = pieces
        if goesOn { events.progressed() }
        if pieces.contains(where: { $0.finish != nil }) { hasFinish = true }
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

    /// Whether one of the pieces carries the answer on.
    private nonisolated static func goOn(_ pieces: [AnswerPiece], _ hasFinish: Bool) -> Bool {
        pieces.contains { goesOn($0, hasFinish) }
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
        (isDone, waiting, left) = (true, [], nil)
        events.cancel()
    }
}
