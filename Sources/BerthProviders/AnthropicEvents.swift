import BerthText

/// The reader of the events of one answer of the Messages API.
///
/// Arguments of tools are passed on as the bytes they are. Pings, redacted thinking and events of
/// unknown types are passed over. Thinking becomes `reasoning_content`, and citations of web pages
/// become `annotations`.
struct AnthropicEvents {
    private let provider: String
    /// The tool call that each open block is, by the block's index.
    private var calls: [Int: Call] = [:]
    private var callCount = 0
    /// The reason for which the answer ends, in Anthropic's words.
    private(set) var finish: String?
    private var usage = AnthropicUsage()
    private var waiting: [AnswerPiece] = []
    /// Whether the answer's last event came.
    private(set) var hasStopped = false
    /// Whether the answer so far is whole.
    var ends = AnswerEnds()

    private struct Call {
        /// The index among the answer's calls.
        let index: Int
        /// The arguments that came with the block's start, as a JSON string.
        let input: [UInt8]
        var hasArguments = false
    }

    /// The maximum number of tool calls in an answer, each of which is kept until its block ends.
    static let maximumCalls = 1024

    /// Makes a reader at an answer's start.
    init(provider: String) { self.provider = provider }

    /// The usage; nil while it is not complete.
    var tokens: TokenUsage? { usage.isComplete ? usage.tokens : nil }

    /// The pieces that an event carries, in order.
    ///
    /// - Throws: ``ProviderError``.
    mutating func pieces(of event: JSONObject) throws(ProviderError) -> [AnswerPiece] {
        waiting = []
        switch event.word("type") {
        case "message_start":
            usage.update(event.object("message")?.object("usage"), isProvisional: true)
            // An answer that is broken off is charged at least with its prompt.
            if let tokens = usage.tokens { waiting.append(.usage(tokens, details: nil)) }
        case "content_block_start": try begin(event)
        case "content_block_delta": try add(event)
        case "content_block_stop": try end(event)
        case "message_delta":
            finish = event.object("delta")?.string("stop_reason")?.cut(toBytes: 64) ?? finish
            usage.update(event.object("usage"))
        case "message_stop": try stop()
        case "message": try whole(event)
        // An error without a message is an error too.
        case "error": throw .failedMidway(provider: provider, message: "no reason")
        default: break
        }
        return waiting
    }

    private mutating func begin(_ event: JSONObject) throws(ProviderError) {
        guard let block = event.object("content_block"), let index = event.integer("index") else {
            return
        }
        switch block.word("type") {
        case "text": say(block.string("text"))
        case "thinking": try think(block.quoted("thinking"))
        case "tool_use": try call(block, at: index)
        default: break
        }
    }

    private mutating func call(_ block: JSONObject, at index: Int) throws(ProviderError) {
        guard let id = block.quoted("id"), let name = block.quoted("name") else { return }
        guard callCount < AnthropicEvents.maximumCalls else {
            throw .malformed(provider: provider, reason: "it calls too many tools")
        }
        let input = block.value("input").flatMap { $0.first == UInt8(ascii: "{") ? $0 : nil }
        let whole = String(decoding: input ?? Array("{}".utf8)[...], as: UTF8.self)
        calls[index] = Call(index: callCount, input: JSON.quote(whole))
        let call = CompletionJSON.toolCall(
            id: id,
            name: name,
            arguments: Array(#""""#.utf8),
            index: callCount
        )
        callCount += 1
        try pass(CompletionJSON.chunk(call: call), isCall: true)
    }

    private mutating func add(_ event: JSONObject) throws(ProviderError) {
        guard let delta = event.object("delta"), let index = event.integer("index") else { return }
        switch delta.word("type") {
        case "text_delta": say(delta.string("text"))
        case "thinking_delta": try think(delta.quoted("thinking"))
        case "citations_delta":
            guard let citation = delta.object("citation"),
                let note = AnthropicWire.annotation(citation)
            else { return }
            let list = Array("[".utf8) + note + Array("]".utf8)
            try pass(CompletionJSON.chunk(member: "annotations", list[...]))
        case "input_json_delta":
            guard let call = calls[index], let json = delta.quoted("partial_json"), json.count > 2
            else { return }
            calls[index]?.hasArguments = true
            try pass(CompletionJSON.chunk(arguments: json, index: call.index), isCall: true)
        default: break
        }
    }

    /// Ends a block.
    ///
    /// A call's arguments may have come whole with the block's start. A call without arguments gets
    /// an empty object, because OpenAI's clients parse it.
    private mutating func end(_ event: JSONObject) throws(ProviderError) {
        guard let index = event.integer("index"), let call = calls.removeValue(forKey: index),
            !call.hasArguments
        else { return }
        try pass(CompletionJSON.chunk(arguments: call.input[...], index: call.index), isCall: true)
    }

    /// The pieces that the end of a stream without `message_stop` adds.
    ///
    /// - Throws: ``ProviderError/cut(provider:)`` without a stop reason.
    mutating func rest() throws(ProviderError) -> [AnswerPiece] {
        waiting = []
        if !hasStopped { try stop() }
        return waiting
    }

    private mutating func stop() throws(ProviderError) {
        guard let finish else { throw .cut(provider: provider) }
        hasStopped = true
        let reason = AnthropicWire.finish(finish)
        ends.note(0, .known(reason), hasWords: false)
        waiting.append(.finish(reason))
        if let tokens { waiting.append(.usage(tokens, details: nil)) }
    }

    /// Reads a whole message in place of a stream.
    private mutating func whole(_ message: JSONObject) throws(ProviderError) {
        guard let json = AnthropicWire.completion(message), let answer = try? JSONObject(json)
        else { throw .malformed(provider: provider, reason: "the answer is not a message") }
        hasStopped = true
        var chunks = OpenAIChunks()
        chunks.ends = ends
        waiting = chunks.pieces(of: answer)
        ends = chunks.ends
    }

    private mutating func say(_ text: String?) {
        guard let text, !text.isEmpty else { return }
        ends.note(0, .none, hasWords: true)
        waiting.append(.text(text))
    }

    private mutating func think(_ text: ArraySlice<UInt8>?) throws(ProviderError) {
        guard let text, text.count > 2 else { return }
        try pass(CompletionJSON.chunk(member: "reasoning_content", text))
    }

    /// Passes a chunk in OpenAI's shape on.
    private mutating func pass(_ json: [UInt8], isCall: Bool = false) throws(ProviderError) {
        let chunk: JSONObject
        do { chunk = try JSONObject(json) } catch {
            throw .malformed(provider: provider, reason: error.description)
        }
        let choice = chunk.elements("choices")?.first.flatMap { chunk.object(at: $0) }
        let words = AnswerWords(choice?.object("delta"), of: chunk)
        ends.note(0, .none, hasWords: words.isSomething)
        let raw = RawPiece(
            chunk: chunk,
            text: "",
            finish: nil,
            reasoning: words.reasoning,
            links: words.links
        )
        waiting.append(isCall ? .toolCall(raw) : .raw(raw))
    }
}
