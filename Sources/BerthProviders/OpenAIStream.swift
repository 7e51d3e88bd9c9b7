import BerthLoop
import BerthText

/// A streamed answer of an ``OpenAIProvider``.
///
/// Each server-sent event is one chunk. An answer that was not streamed is one chunk as well.
@Loop final class OpenAIStream: ChatStream {
    private let events: UpstreamEvents
    private let provider: String
    /// Pieces of the last chunk that were not taken yet, at most two.
    private var waiting: [AnswerPiece] = []
    private var chunks = OpenAIChunks()
    private var isDone = false

    /// Makes a stream of the events of `provider`.
    ///
    /// With `mayBeEmpty`, an answer without a word is no failure.
    init(_ events: UpstreamEvents, provider: String, mayBeEmpty: Bool) {
        self.events = events
        self.provider = provider
        chunks.ends.mayBeEmpty = mayBeEmpty
    }

    func next() async throws(ProviderError) -> AnswerPiece? {
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
            isDone = true
            // Some servers just close on failure, so an end without a finish reason is a cut.
            if let error = chunks.ends.failure(of: provider) { throw error }
            return
        }
        guard !event.data.starts(with: "[DONE]".utf8) else {
            isDone = true
            await events.finish()
            if let error = chunks.ends.failure(of: provider) { throw error }
            return
        }
        guard !event.data.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return }
        waiting = chunks.pieces(of: try events.object(of: event))
        if let reason = chunks.ends.failed {
            throw events.end(
                .failedMidway(provider: provider, message: "its finish reason is '\(reason)'")
            )
        }
    }

    func cancel() {
        (isDone, waiting) = (true, [])
        events.cancel()
    }
}
