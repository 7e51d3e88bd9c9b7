import BerthHTTP
import BerthLoop
import BerthText

/// A streamed answer of an ``OpenAIProvider``.
///
/// Each server-sent event is one chunk.
@Loop final class OpenAIStream: ChatStream {
    private let events: UpstreamEvents
    private let provider: String
    private var hasFinish = false
    private var isDone = false

    /// Makes a stream of the events of `provider`.
    init(_ events: UpstreamEvents, provider: String) {
        self.events = events
        self.provider = provider
    }

    func next() async throws(ProviderError) -> ChatChunk? {
        do {
            while !isDone { if let chunk = try await read() { return chunk } }
            return nil
        } catch {
            isDone = true
            throw error
        }
    }

    /// Reads one event; nil if it has no chunk.
    private func read() async throws(ProviderError) -> ChatChunk? {
        guard let event = try await events.next() else {
            // An end without a finish reason is a failure, because some servers just close then.
            if !hasFinish, !isDone { throw .cut(provider: provider) }
            isDone = true
            return nil
        }
        guard !event.data.starts(with: "[DONE]".utf8) else {
            isDone = true
            await events.finish()
            return nil
        }
        guard !event.data.isEmpty else { return nil }
        let chunk = OpenAIWire.chunk(try events.object(of: event))
        if chunk.finish != nil { hasFinish = true }
        return chunk
    }

    func cancel() {
        isDone = true
        events.cancel()
    }
}
