import BerthHTTP
import BerthLoop
import BerthTelemetry
import BerthText

/// One streamed answer of ``FakeAnthropic``, well-formed or broken by the request's behavior.
@Loop struct FakeAnthropicStream {
    private let asked: FakeAnthropicRequest
    private let pace: FakeOpenAI.Pace
    private let surroundings: Surroundings

    init(_ asked: FakeAnthropicRequest, _ pace: FakeOpenAI.Pace, in surroundings: Surroundings) {
        self.asked = asked
        self.pace = pace
        self.surroundings = surroundings
    }

    func write(to writer: HTTPResponseWriter) async throws {
        if asked.behavior == .badJSON {
            return try await writer.write(Array("event: ping\ndata: {\"type\":\n\n".utf8))
        }
        if asked.behavior == .errorAtOnce { return try await send("error", overloaded, writer) }
        let empty = asked.message(content: "[]", reason: "null", usage: asked.usage(output: 1))
        try await send("message_start", #""message":\#(empty)"#, writer)
        try await send("ping", nil, writer)
        var index = try await writePrelude(writer)
        let words = asked.answer(words: pace.tokens)
        guard try await writeText(words, at: index, writer) else { return }
        for (number, name) in asked.tools.enumerated() {
            index += 1
            try await writeCall(number, name, at: index, writer)
        }
        if asked.behavior == .noStop { return }
        try await writeEnd(output: words.count, writer)
    }

    private var overloaded: String {
        #""error":{"type":"overloaded_error","message":"Overloaded"}"#
    }

    /// Writes the blocks that precede the text.
    ///
    /// - Returns: the index of the text block.
    private func writePrelude(_ writer: HTTPResponseWriter) async throws -> Int {
        switch asked.behavior {
        case .thinking:
            try await block(
                0,
                #"{"type":"thinking","thinking":"","signature":""}"#,
                [
                    #"{"type":"thinking_delta","thinking":"hm"}"#,
                    #"{"type":"signature_delta","signature":"c2ln"}"#,
                ],
                writer
            )
            try await block(1, #"{"type":"redacted_thinking","data":"eA=="}"#, [], writer)
            return 2
        case .unknown:
            try await send("new_event", #""index":0,"new":{"type":"text_delta"}"#, writer)
            try await block(
                0,
                #"{"type":"new_block","text":"x","id":"y","name":"z"}"#,
                [
                    #"{"type":"new_delta","text":"x"}"#,
                    #"{"type":"input_json_delta","partial_json":"{"}"#,
                ],
                writer
            )
            return 1
        default: return 0
        }
    }

    /// Writes the text block.
    ///
    /// - Returns: whether the answer continues after it.
    private func writeText(
        _ words: [String],
        at index: Int,
        _ writer: HTTPResponseWriter
    ) async throws -> Bool {
        let start = #""index":\#(index),"content_block":{"type":"text","text":""}"#
        try await send("content_block_start", start, writer)
        for (place, word) in words.enumerated() {
            if place > 0, pace.gap > .zero { try await surroundings.clock.sleep(for: pace.gap) }
            if place == 2 {
                switch asked.behavior {
                case .cutEvent:
                    try await writer.write(Array("event: content_block_delta\ndata: {\"ty".utf8))
                    throw FakeOpenAIStream.ConnectionCut()
                case .errorMidway:
                    try await send("error", overloaded, writer)
                    return false
                case .pings: for _ in 0..<2000 { try await send("ping", nil, writer) }
                default: break
                }
            }
            let delta = #"{"type":"text_delta","text":\#(FakeAnthropicRequest.quote(word))}"#
            try await send("content_block_delta", #""index":\#(index),"delta":\#(delta)"#, writer)
        }
        try await send("content_block_stop", #""index":\#(index)"#, writer)
        return true
    }

    private func writeCall(
        _ number: Int,
        _ name: String,
        at index: Int,
        _ writer: HTTPResponseWriter
    ) async throws {
        try await block(
            index,
            #"{"type":"tool_use","id":"toolu_\#(number)","name":\#(name),"input":{}}"#,
            FakeAnthropicRequest.input(ofTool: number).map {
                #"{"type":"input_json_delta","partial_json":\#(FakeAnthropicRequest.quote($0))}"#
            },
            writer
        )
    }

    private func writeEnd(output: Int, _ writer: HTTPResponseWriter) async throws {
        if asked.behavior != .noReason {
            let delta = #"{"stop_reason":"\#(asked.stopReason)","stop_sequence":null}"#
            let usage =
                asked.behavior == .noUsage ? "" : #","usage":{"output_tokens":\#(output)}"#
            try await send("message_delta", #""delta":\#(delta)\#(usage)"#, writer)
        }
        try await send("message_stop", nil, writer)
    }

    private func block(
        _ index: Int,
        _ content: String,
        _ deltas: [String],
        _ writer: HTTPResponseWriter
    ) async throws {
        let start = #""index":\#(index),"content_block":\#(content)"#
        try await send("content_block_start", start, writer)
        for delta in deltas {
            try await send("content_block_delta", #""index":\#(index),"delta":\#(delta)"#, writer)
        }
        try await send("content_block_stop", #""index":\#(index)"#, writer)
    }

    /// Sends an event of `type` whose JSON has the further `members`.
    private func send(
        _ type: String,
        _ members: String?,
        _ writer: HTTPResponseWriter
    ) async throws {
        let json = #"{"type":"\#(type)"\#(members.map { "," + $0 } ?? "")}"#
        let event = SSE.event(Array(json.utf8), name: type)
        guard asked.behavior == .drip else { return try await writer.write(event) }
        for byte in event.flatMap({ $0 == 0x0A ? [0x0D, 0x0A] : [$0] }) {
            try await writer.write([byte])
        }
    }
}
