import BerthLoop
import BerthText

/// A streamed answer of an ``AnthropicProvider``.
///
/// The answer ends with `message_stop`. Without it, it is whole if its stop reason has come and the
/// connection ends, or is silent for a short time. An end without a stop reason is a cut.
@Loop final class AnthropicStream: ChatStream {
    private let events: UpstreamEvents
    private let provider: String
    /// Pieces that an event made and that were not taken yet.
    private var waiting: [AnswerPiece] = []
    private var reader: AnthropicEvents
    private var isDone = false
    /// Whether the stop reason has come.
    private var isWhole = false

    /// Makes a stream of the events of `provider`.
    ///
    /// With `mayBeEmpty`, an answer without a word is no failure.
    init(_ events: UpstreamEvents, provider: String, mayBeEmpty: Bool) {
        self.events = events
        self.provider = provider
        reader = AnthropicEvents(provider: provider)
        reader.ends.mayBeEmpty = mayBeEmpty
    }

    func next() async throws(ProviderError) -> AnswerPiece? {
        events.beginWait()
        defer { events.endWait() }
        do {
            while waiting.isEmpty, !isDone { try await reader.hasStopped ? end() : read() }
            return waiting.isEmpty ? nil : waiting.removeFirst()
        } catch {
            isDone = true
            throw error
        }
    }

    func cancel() {
        (isDone, waiting) = (true, [])
        events.cancel()
    }

    /// Waits for the end of the transfer after the last event.
    private func end() async throws(ProviderError) {
        isDone = true
        await events.finish()
        if let failure = reader.ends.failure(of: provider) { throw failure }
    }

    private func read() async throws(ProviderError) {
        guard let event = try await events.next() else {
            isDone = true
            waiting = try reader.rest()
            if let failure = reader.ends.failure(of: provider) { throw failure }
            return
        }
        guard !event.data.isEmpty else { return }
        let object = try await events.object(of: event)
        let goesOn: Bool
        do throws(ProviderError) { (waiting, goesOn) = try await pieces(of: object) } catch {
            throw events.end(error)
        }
        if goesOn { events.progressed() }
        guard reader.finish != nil, goesOn || !isWhole else { return }
        isWhole = true
        events.mayEnd(isCounted: reader.tokens != nil)
    }

    /// The pieces of an event, and whether it carries the answer on.
    private func pieces(
        of event: JSONObject
    ) async throws(ProviderError) -> (pieces: [AnswerPiece], goesOn: Bool) {
        guard LargeWork.isLarge(event.work) else {
            let goesOn = AnthropicStream.goesOn(event, reader)
            return (try reader.pieces(of: event), goesOn)
        }
        let (pieces, goesOn): ([AnswerPiece], Bool)
        (pieces, goesOn, reader) = try await LargeWork.run(on: event.work) {
            [reader] () throws(ProviderError) in
            var reader = reader
            let goesOn = AnthropicStream.goesOn(event, reader)
            return (try reader.pieces(of: event), goesOn, reader)
        }
        return (pieces, goesOn)
    }

    /// Whether an event carries the answer on, rather than keep its stream open.
    private nonisolated static func goesOn(_ event: JSONObject, _ reader: AnthropicEvents) -> Bool {
        switch event.word("type") {
        case "content_block_start": event.object("content_block")?.hasWords ?? false
        case "content_block_delta": event.object("delta")?.hasWords ?? false
        case "message_delta":
            reader.finish == nil && event.object("delta")?.has("stop_reason") ?? false
        case "message": true
        default: false
        }
    }
}
