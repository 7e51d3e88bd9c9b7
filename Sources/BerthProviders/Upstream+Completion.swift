import BerthText

extension Upstream {
    /// Makes one whole answer of the chunks of a body.
    ///
    /// - Parameters:
    ///   - chunks: the whole answer, or the chunks of a stream that nobody asked for.
    ///   - mayBeEmpty: whether an answer without a word is no failure.
    /// - Returns: the answer in OpenAI's form.
    /// - Throws: ``ProviderError`` if there is no choice, no word or no end.
    nonisolated func completion(
        of chunks: [JSONObject],
        mayBeEmpty: Bool
    ) throws(ProviderError) -> JSONObject {
        guard let first = chunks.first else {
            throw .malformed(provider: name, reason: "it is empty")
        }
        guard isStream(chunks) else { return try whole(first, mayBeEmpty) }
        var (reader, builder) = (OpenAIChunks(), CompletionBuilder())
        reader.ends.mayBeEmpty = mayBeEmpty
        for chunk in chunks {
            for piece in reader.pieces(of: chunk) { builder.add(piece) }
            try check(reader.ends.failed)
        }
        for piece in reader.rest() { builder.add(piece) }
        if let failure = reader.ends.failure(of: name) { throw failure }
        guard let json = builder.completion, let object = try? JSONObject(answer: json) else {
            throw .malformed(provider: name, reason: "it has no choice")
        }
        return object
    }

    /// Makes one whole answer of a message of the Messages API, or of the events of a stream that
    /// nobody asked for.
    ///
    /// The parameters and errors are those of ``completion(of:mayBeEmpty:)``.
    nonisolated func completion(
        ofMessage events: [JSONObject],
        mayBeEmpty: Bool
    ) throws(ProviderError) -> JSONObject {
        guard let message = events.first else {
            throw .malformed(provider: name, reason: "it is empty")
        }
        guard message.word("type") == "message_start" else {
            guard let json = AnthropicWire.completion(message),
                let completion = try? JSONObject(answer: json)
            else {
                throw .malformed(provider: name, reason: "the answer is not a message")
            }
            return try self.completion(of: [completion], mayBeEmpty: mayBeEmpty)
        }
        var (reader, builder) = (AnthropicEvents(provider: name), CompletionBuilder())
        reader.ends.mayBeEmpty = mayBeEmpty
        for event in events {
            for piece in try reader.pieces(of: event) { builder.add(piece) }
        }
        if let failure = reader.ends.failure(of: name) { throw failure }
        guard reader.hasStopped, let json = builder.completion(usage: reader.tokens),
            let object = try? JSONObject(answer: json)
        else { throw .cut(provider: name) }
        return object
    }

    private nonisolated func isStream(_ chunks: [JSONObject]) -> Bool {
        chunks.contains { chunk in
            let choice = chunk.elements("choices")?.first.flatMap { chunk.object(at: $0) }
            return choice?.object("delta") != nil && choice?.object("message") == nil
        }
    }

    private nonisolated func whole(
        _ answer: JSONObject,
        _ mayBeEmpty: Bool
    ) throws(ProviderError) -> JSONObject {
        let answer = OpenAIChunks.mended(whole: answer)
        guard let choices = answer.elements("choices"), !choices.isEmpty else {
            throw .malformed(provider: name, reason: "it has no choice")
        }
        var hasWords = false
        var reason = FinishReason.none
        for range in choices {
            guard let choice = answer.object(at: range) else {
                throw .malformed(provider: name, reason: "a choice is no object")
            }
            let words = AnswerWords(choice.object("message"), of: answer)
            hasWords = hasWords || words.isSomething
            reason = FinishReason(choice.string("finish_reason"))
            if case .failed(let word) = reason { try check(word) }
        }
        // A whole answer has an end even if it names no reason for it.
        if !hasWords, !mayBeEmpty, [.none, .known("stop")].contains(reason) {
            throw .wordless(provider: name, finish: "stop")
        }
        return answer
    }

    private nonisolated func check(_ failed: String?) throws(ProviderError) {
        guard let failed else { return }
        throw .failedMidway(provider: name, message: "its finish reason is '\(failed)'")
    }
}
