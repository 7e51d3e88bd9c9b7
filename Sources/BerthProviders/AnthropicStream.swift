import BerthLoop
import BerthText

/// A streamed answer of an ``AnthropicProvider``.
///
/// Arguments of tools are passed on as the bytes they are; pings, hidden thinking and events of
/// unknown types are passed over. Without `message_stop` an end is a cut.
@Loop final class AnthropicStream: ChatStream {
    private let events: UpstreamEvents
    private let provider: String
    /// Pieces that an event made and that were not taken yet, at most two.
    private var waiting: [AnswerPiece] = []
    /// The tool call that each open block is, by the block's index.
    private var calls: [Int: Call] = [:]
    private var callCount = 0
    private var finish: String?
    private var usage = AnthropicUsage()
    private var hasStopped = false
    private var isDone = false

    private struct Call {
        /// The index among the answer's calls.
        let index: Int
        var hasArguments = false
    }

    /// The maximum number of tool calls in an answer, each of which is kept until its block ends.
    private static let maximumCalls = 1024

    /// Makes a stream of the events of `provider`.
    init(_ events: UpstreamEvents, provider: String) {
        self.events = events
        self.provider = provider
    }

    func next() async throws(ProviderError) -> AnswerPiece? {
        events.beginWait()
        defer { events.endWait() }
        do {
            while waiting.isEmpty, !isDone { try await hasStopped ? end() : read() }
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
    private func end() async {
        isDone = true
        await events.finish()
    }

    private func read() async throws(ProviderError) {
        guard let event = try await events.next() else {
            isDone = true
            throw .cut(provider: provider)
        }
        guard !event.data.isEmpty else { return }
        let object = try await events.object(of: event)
        if goesOn(object) { events.progressed() }
        switch object.string("type") {
        case "message_start":
            usage.update(object.object("message")?.object("usage"), isProvisional: true)
        case "content_block_start": try begin(object)
        case "content_block_delta": try add(object)
        case "content_block_stop": try end(object)
        case "message_delta":
            finish = object.object("delta")?.string("stop_reason") ?? finish
            usage.update(object.object("usage"))
        case "message_stop": try stop()
        // An error without a message is an error too.
        case "error": throw events.end(.failedMidway(provider: provider, message: "no reason"))
        default: break
        }
    }

    /// Whether an event carries the answer on, rather than keep its stream open.
    ///
    /// Hidden thinking does, although it is not passed on.
    private func goesOn(_ event: JSONObject) -> Bool {
        switch event.string("type") {
        case "content_block_start": event.object("content_block")?.hasWords ?? false
        case "content_block_delta": event.object("delta")?.hasWords ?? false
        case "message_delta": finish == nil && event.object("delta")?.has("stop_reason") ?? false
        default: false
        }
    }

    private func begin(_ event: JSONObject) throws(ProviderError) {
        guard let block = event.object("content_block"), let index = event.integer("index") else {
            return
        }
        if block.string("type") == "text", let text = block.string("text"), !text.isEmpty {
            waiting.append(.text(text))
        }
        guard block.string("type") == "tool_use", let id = block.quoted("id"),
            let name = block.quoted("name")
        else { return }
        guard callCount < AnthropicStream.maximumCalls else {
            throw events.end(.malformed(provider: provider, reason: "it calls too many tools"))
        }
        calls[index] = Call(index: callCount)
        let call = CompletionJSON.toolCall(
            id: id,
            name: name,
            arguments: Array(#""""#.utf8),
            index: callCount
        )
        callCount += 1
        try pass(CompletionJSON.chunk(call: call))
    }

    private func add(_ event: JSONObject) throws(ProviderError) {
        guard let delta = event.object("delta"), let index = event.integer("index") else { return }
        switch delta.string("type") {
        case "text_delta":
            if let text = delta.string("text") { waiting.append(.text(text)) }
        case "input_json_delta":
            guard let call = calls[index], let json = delta.quoted("partial_json"), json.count > 2
            else { return }
            calls[index]?.hasArguments = true
            try pass(CompletionJSON.chunk(arguments: json, index: call.index))
        default: break
        }
    }

    /// Ends a block.
    ///
    /// A call without arguments gets an empty object, because OpenAI's clients parse it.
    private func end(_ event: JSONObject) throws(ProviderError) {
        guard let index = event.integer("index"), let call = calls.removeValue(forKey: index),
            !call.hasArguments
        else { return }
        try pass(CompletionJSON.chunk(arguments: Array(#""{}""#.utf8)[...], index: call.index))
    }

    private func stop() throws(ProviderError) {
        guard let finish else { throw events.end(.cut(provider: provider)) }
        hasStopped = true
        waiting.append(.finish(AnthropicWire.finish(finish)))
        if let tokens = usage.tokens { waiting.append(.usage(tokens, details: nil)) }
    }

    /// Passes a part of a tool call on, as a chunk in OpenAI's shape.
    private func pass(_ json: [UInt8]) throws(ProviderError) {
        do {
            let chunk = try JSONObject(json)
            waiting.append(.toolCall(RawPiece(chunk: chunk, text: "", finish: nil)))
        } catch { throw events.end(.malformed(provider: provider, reason: error.description)) }
    }
}
