import BerthBot
import BerthHTTP
import BerthLoop
import BerthProviders
import BerthTelemetry
import BerthText

/// The id, time and model that Berth gives an answer, whatever the provider called them: some
/// providers' ids collide.
struct AnswerIdentity: Sendable {
    private let id: [UInt8]
    private let created: [UInt8]
    private let model: [UInt8]

    @Loop init(model: String, in surroundings: Surroundings) {
        id = JSON.quote("chatcmpl-\(Secret256.publicID(from: surroundings.entropy))")
        self.model = JSON.quote(model)
        self.created = Array("\(surroundings.clock.timestamp.seconds)".utf8)
    }

    /// A whole answer as the client sees it, with the `usage` that it is charged at where the
    /// provider has not said one.
    func completion(_ completion: JSONObject, usage: TokenUsage) -> [UInt8] {
        let said = completion.has("usage") ? completion.value("usage") : nil
        return completion.setting([
            "id": id, "created": created, "model": model,
            "usage": said.map(Array.init) ?? Array(CompletionJSON.json(usage).utf8),
        ])
    }

    /// Passes a stream on to the client, chunk by chunk, and ends it as OpenAI does.
    ///
    /// - Throws: when the client has left; the stream's call is settled all the same.
    @Loop func pass(
        _ stream: any AnswerStream,
        to events: EventWriter,
        usage: Bool
    ) async throws {
        defer { stream.finish() }
        do {
            var sentUsage = false
            while let chunk = try await events.waiting({ () throws(BotError) in
                try await stream.next()
            }) {
                if chunk.isUsageAlone, !usage { continue }
                sentUsage = sentUsage || chunk.isUsageAlone
                try await events.send(json(chunk, usage: usage))
            }
            if usage, !sentUsage {
                try await events.send(set(CompletionJSON.chunk(usage: stream.usage)))
            }
            try await events.send(Array("[DONE]".utf8))
        } catch let error as BotError {
            // No [DONE] after an error, so that nobody takes the answer for whole.
            try await events.send(error.json)
        }
    }

    private func json(_ chunk: ChatChunk, usage: Bool) -> [UInt8] {
        let count =
            chunk.isUsageAlone ? chunk.object.value("usage").map(Array.init) : Array("null".utf8)
        return chunk.object.setting([
            "id": id, "created": created, "model": model, "obfuscation": nil, "x_groq": nil,
            "usage": usage ? count : nil,
        ])
    }

    /// Says a kept answer again, in pieces as a model would.
    ///
    /// - Throws: when the client has left.
    @Loop func replay(_ answer: WholeAnswer, to events: EventWriter, usage: Bool) async throws {
        var text = answer.text[...]
        try await events.send(set(CompletionJSON.firstChunk()))
        while !text.isEmpty {
            let piece = text.prefix(AnswerIdentity.pieceLength)
            text = text.dropFirst(piece.count)
            try await events.send(set(CompletionJSON.chunk(delta: String(piece))))
        }
        try await events.send(set(CompletionJSON.chunk(finish: "stop")))
        if usage { try await events.send(set(CompletionJSON.chunk(usage: answer.usage))) }
        try await events.send(Array("[DONE]".utf8))
    }

    /// Characters in a piece of a replayed answer, about five tokens: it is still a stream.
    private static let pieceLength = 24

    /// `json` with this id, time and model.
    private func set(_ json: [UInt8]) -> [UInt8] {
        let object = try? JSONObject(json)
        return object?.setting(["id": id, "created": created, "model": model]) ?? json
    }
}
