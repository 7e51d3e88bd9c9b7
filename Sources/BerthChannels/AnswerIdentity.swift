import BerthHTTP
import BerthLoop
import BerthProviders
import BerthTelemetry
import BerthText
import BerthWork

/// The id, time and model that Berth gives an answer, whatever the provider called them, because
/// the ids of some providers collide.
///
/// This is where answers become OpenAI's JSON.
struct AnswerIdentity: Sendable {
    private let id: String
    /// In seconds since 1970.
    private let created: Int64
    private let model: String
    private let form: ChatRequest.Form

    /// Names an answer of `model` that begins now, in the form of an endpoint.
    @Loop init(model: String, as form: ChatRequest.Form, in surroundings: Surroundings) {
        let start = form == .chat ? "chatcmpl-" : "cmpl-"
        id = start + Secret256.publicID(from: surroundings.entropy)
        self.form = form
        created = surroundings.clock.timestamp.seconds
        self.model = model
    }

    /// As the start of an object of Berth's own.
    private var identity: CompletionJSON.Identity {
        CompletionJSON.Identity(id: id, created: created, model: model)
    }

    /// As the members that are set in an object of a provider's.
    private var members: KeyValuePairs<String, [UInt8]?> {
        [
            "id": JSON.quote(id), "created": Array(String(created).utf8),
            "model": JSON.quote(model), "obfuscation": nil, "x_groq": nil,
        ]
    }

    /// Returns a whole answer as the client sees it, with the usage that it is charged if the
    /// provider has not named one.
    func completion(_ answer: WholeAnswer) -> [UInt8] {
        let chat = chatCompletion(answer)
        return form == .chat ? chat : TextCompletion.whole(chat)
    }

    private func chatCompletion(_ answer: WholeAnswer) -> [UInt8] {
        switch answer.body {
        case .text(let text, let details):
            return CompletionJSON.completion(
                text: text,
                finish: answer.finish,
                usage: answer.usage,
                details: answer.usage.isEstimated ? nil : details,
                as: identity
            )
        case .kept(let kept): return CompletionJSON.completion(kept.json, as: identity)
        case .completion(let object, _):
            let said = object.has("usage") ? object.value("usage") : nil
            let members = members
            return object.setting([
                "id": members[0].value, "created": members[1].value, "model": members[2].value,
                "usage": said.map(Array.init) ?? Array(CompletionJSON.json(answer.usage).utf8),
            ])
        }
    }

    private func chunks(usage: Bool) -> AnswerChunks {
        AnswerChunks(identity, members, usage: usage, as: form)
    }

    /// Returns the events of an answer that lies in a log, as ``pass(_:to:usage:)`` sends them.
    @Loop func events(of log: Broadcast, _ end: AnswerEnd, usage: Bool) async -> [UInt8] {
        var (pieces, size) = ([AnswerPiece](), 0)
        let reader = log.reader()
        defer { reader.close() }
        while let piece = reader.taken() {
            pieces.append(piece)
            size += piece.work
        }
        let all = pieces
        return await LargeWork.run(on: size) { events(of: all, end, usage: usage) }
    }

    private func events(of pieces: [AnswerPiece], _ end: AnswerEnd, usage: Bool) -> [UInt8] {
        var chunks = chunks(usage: usage)
        var bytes: [UInt8] = []
        for piece in pieces { chunks.add(piece, to: &bytes) }
        if let error = end.error { return bytes + SSE.event(error.json) }
        let tokens = end.usage ?? TokenUsage(input: 0, output: 0, isEstimated: true)
        for chunk in chunks.end(tokens) { bytes += SSE.event(chunk) }
        return bytes + SSE.event(Array("[DONE]".utf8))
    }

    /// Passes an answer on to the client, piece by piece, and ends it as OpenAI does.
    ///
    /// - Parameters:
    ///   - answer: read to its end.
    ///   - events: to the client.
    ///   - usage: whether the client wants a last chunk with the usage.
    /// - Throws: when the client has left; the answer's call is settled all the same.
    @Loop func pass(
        _ answer: any AnswerStream,
        to events: EventWriter,
        usage: Bool
    ) async throws {
        defer { answer.finish() }
        do {
            var chunks = chunks(usage: usage)
            while let piece = try await events.waiting({ () throws(BotError) in
                try await answer.next()
            }) {
                var (bytes, failure) = ([UInt8](), BotError?.none)
                let large = chunks.add(piece, of: answer, to: &bytes, &failure)
                if !bytes.isEmpty { try await events.pass(bytes) }
                if let failure { throw failure }
                guard let large else { continue }
                let made: [[UInt8]]
                (made, chunks) = await LargeWork.run(on: large.work) { [chunks] in
                    var chunks = chunks
                    return (chunks.take(large).map { SSE.event($0) }, chunks)
                }
                for event in made { try await events.pass(event) }
            }
            for chunk in chunks.end(answer.usage) { try await events.send(chunk) }
            try await events.send(Array("[DONE]".utf8))
        } catch let error as BotError {
            // No [DONE] after an error, so that nobody takes the answer for whole.
            try await events.send(error.json)
        }
    }
}
