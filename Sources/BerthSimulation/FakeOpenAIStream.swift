import BerthHTTP
import BerthLoop
import BerthProviders
import BerthTelemetry
import BerthText

/// One streamed answer of ``FakeOpenAI``, well-formed or broken by the request's behavior.
@Loop struct FakeOpenAIStream {
    private let asked: FakeOpenAIRequest
    private let pace: FakeOpenAI.Pace
    private let surroundings: Surroundings

    /// Thrown to close the connection before the answer is complete.
    struct ConnectionCut: Error {}

    init(_ asked: FakeOpenAIRequest, _ pace: FakeOpenAI.Pace, in surroundings: Surroundings) {
        self.asked = asked
        self.pace = pace
        self.surroundings = surroundings
    }

    func write(to writer: HTTPResponseWriter) async throws {
        try await begin(writer)
        let words = asked.answer(words: pace.tokens)
        if asked.behavior == .tool {
            for chunk in asked.toolChunks { try await send(chunk, writer) }
        } else {
            try await send(CompletionJSON.chunk(delta: "", isFirst: true), writer)
            for (index, word) in words.enumerated() {
                if index > 0, pace.gap > .zero { try await surroundings.clock.sleep(for: pace.gap) }
                try await misbehave(at: index, writer)
                try await send(CompletionJSON.chunk(delta: word), writer)
            }
            if asked.behavior == .signed {
                let now = surroundings.clock.timestamp.milliseconds
                let end = "\n\n\(asked.lastUserText) at \(now) ms"
                try await send(CompletionJSON.chunk(delta: end), writer)
            }
            if asked.behavior == .noDone { return }
            try await send(CompletionJSON.chunk(finish: "stop"), writer)
        }
        if asked.behavior == .noDoneButFinish { return }
        if asked.behavior != .noUsage, asked.object.has("stream_options") {
            try await send(CompletionJSON.chunk(usage: asked.usage(words: words.count)), writer)
        }
        try await writer.write(Array("data: [DONE]\n\n".utf8))
    }

    private func begin(_ writer: HTTPResponseWriter) async throws {
        switch asked.behavior {
        case .hugeLine:
            try await writer.write(Array("data: ".utf8))
            for _ in 0..<256 { try await writer.write([UInt8](repeating: 0x61, count: 8192)) }
        case .comments: for _ in 0..<5000 { try await writer.write(SSE.ping) }
        case .badJSON: try await writer.write(Array("data: {\"choices\": [\n\n".utf8))
        default: break
        }
    }

    /// Writes the fault, if any, that precedes the word at `index`.
    private func misbehave(at index: Int, _ writer: HTTPResponseWriter) async throws {
        switch asked.behavior {
        case .cutEvent where index == 2:
            try await writer.write(Array(#"data: {"choices":[{"index":0,"delta":{"con"#.utf8))
            throw ConnectionCut()
        case .cutCharacter:
            try await send(CompletionJSON.chunk(delta: "half a character: "), writer)
            try await writer.write(Array(#"data: {"choices":[{"delta":{"content":""#.utf8) + [0xC3])
            throw ConnectionCut()
        case .errorMidway where index == 2:
            try await writer.write(
                SSE.event(Array(#"{"error":{"message":"the fake fails midway","code":500}}"#.utf8))
            )
            throw ConnectionCut()
        default: break
        }
    }

    private func send(_ json: [UInt8], _ writer: HTTPResponseWriter) async throws {
        let event = SSE.event(json)
        guard asked.behavior == .drip else { return try await writer.write(event) }
        for byte in event {
            try await writer.write([byte])
            try await surroundings.clock.sleep(for: .milliseconds(1))
        }
    }
}
