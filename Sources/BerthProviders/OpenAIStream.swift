import BerthLoop
import BerthText

/// A streamed answer of an ``OpenAIProvider``.
///
/// Each server-sent event is one chunk.
@Loop final class OpenAIStream: ChatStream {
    private let events: UpstreamEvents
    private let provider: String
    /// Pieces of the last chunk that were not taken yet, at most two.
    private var waiting: [AnswerPiece] = []
    private var hasFinish = false
    private var isDone = false

    /// Makes a stream of the events of `provider`.
    init(_ events: UpstreamEvents, provider: String) {
        self.events = events
        self.provider = provider
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
        guard let event = try await events.next() else {
            // Some servers just close on failure, so an end without a finish reason is a cut.
            if !hasFinish, !isDone { throw .cut(provider: provider) }
            isDone = true
            return
        }
        guard !event.data.starts(with: "[DONE]".utf8) else {
            isDone = true
            return await events.finish()
        }
        guard !event.data.isEmpty else { return }
        let chunk = try await events.object(of: event)
        waiting = await LargeWork.run(on: event.data.count) { OpenAIWire.pieces(of: chunk) }
        if waiting.contains(where: goesOn) { events.progressed() }
        if waiting.contains(where: { $0.finish != nil }) { hasFinish = true }
    }

    /// Whether a piece carries the answer on, rather than keep its stream open.
    private func goesOn(_ piece: AnswerPiece) -> Bool {
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
