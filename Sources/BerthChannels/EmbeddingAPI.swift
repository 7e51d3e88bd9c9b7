import BerthBot
import BerthConfig
import BerthHTTP
import BerthLoop
import BerthMemory
import BerthProviders
import BerthStore
import BerthTelemetry
import BerthText
import BerthWork

/// The embeddings of the OpenAI-compatible API: `/v1/embeddings`.
///
/// A call lives with its connections, or with its `Idempotency-Key` (``KeyedCalls``). An answer is
/// passed on as its provider sent it, except for the model's name.
@Loop final class EmbeddingAPI {
    private let bot: Bot
    private let keyed: KeyedCalls
    private let surroundings: Surroundings
    private let bodyLimit: ByteCount

    /// The bytes of an answer that are written at once.
    nonisolated static let piece = 24 << 10

    /// Makes it over `bot` and the calls with a key; a request's body over `bodyLimit` is 413.
    init(bot: Bot, keyed: KeyedCalls, in surroundings: Surroundings, bodyLimit: ByteCount) {
        (self.bot, self.keyed) = (bot, keyed)
        (self.surroundings, self.bodyLimit) = (surroundings, bodyLimit)
    }

    /// Answers a request for embeddings.
    func answer(_ request: HTTPRequest, by credential: Credential) async -> HTTPResponse {
        let tenant = credential.tenant
        do {
            let body = try await LeasedBody(
                request,
                account: tenant.account,
                limit: bodyLimit,
                in: surroundings,
                need: Ask.need
            )
            let key = try await KeyedCalls.key(of: request, body.bytes)
            let asked = try await EmbeddingRequest.read(body.bytes)
            Loop.works(on: WorkLabel(request.path, tenant: tenant.name, request: request.id))
            let models = try models(for: asked)
            try checkMemory(of: asked, at: models[0], tenant)
            var ask = EmbeddingAsk(
                asked.object,
                EmbeddingAsk.Inputs(count: asked.count, tokens: asked.tokens),
                models,
                memory: body.memory,
                tenant,
                heard: (request.id, surroundings.clock.now)
            )
            (ask.unknown, ask.isFresh, ask.retained) = (asked.unknown, request.wantsFresh, body)
            if let key { return try await answer(ask, key, for: credential) }
            return EmbeddingAPI.response(try await bot.embeddings.embed(ask))
        } catch {
            return .failure(error, request, in: surroundings)
        }
    }

    /// Answers a request with an `Idempotency-Key`.
    private func answer(
        _ ask: EmbeddingAsk,
        _ key: IdempotencyKey,
        for credential: Credential
    ) async throws(BotError) -> HTTPResponse {
        let (bot, tenant) = (bot, credential.tenant)
        return try await keyed.answer(key, KeyedCall.Wish(), for: credential) {
            [keyed] call throws(BotError) in
            var ask = ask
            ask.key = call.key
            let answer = try await bot.embeddings.embed(ask)
            let parts = EmbeddingAPI.parts(of: answer)
            let size = parts.reduce(0) { $0 + $1.count }
            // The joined parts, and SQLite's copy of them.
            let need = ByteCount(2 * size)
            if size <= KeyedCalls.outcomeLimit.bytes,
                let lease = try? tenant.account.lease(need, for: .replyBuffer)
            {
                let body = Array(parts.joined())
                let outcome = KeptOutcome(status: 200, type: "application/json", body: body)
                await keyed.keep(outcome, of: call, tenant)
                _ = consume lease
            } else {
                await keyed.keep(nil, of: call, tenant)
            }
            call.end(EmbeddingAPI.response(answer))
        }
    }

    /// The models that may answer, in order: those of the name that may take every costly member.
    private func models(for asked: EmbeddingRequest) throws -> [EmbeddingChoice] {
        let catalog = bot.embeddings.models
        guard !catalog.choices.isEmpty else {
            throw ChatRequest.Refusal(
                "this service has no embeddings: the operator lists models under "
                    + "'models.embeddings'",
                parameter: "model"
            )
        }
        let named = catalog.candidates(asked.model)
        guard !named.isEmpty else {
            throw BotError.unknownModel(asked.model, known: catalog.names)
        }
        return try asked.costly.permitted(of: named, in: "models.embeddings") { $0.pass }
    }

    /// Refuses a request whose answer would never fit into the tenant's memory, before it is bought.
    private func checkMemory(
        of asked: EmbeddingRequest,
        at model: EmbeddingChoice,
        _ tenant: LiveTenant
    ) throws(ChatRequest.Refusal) {
        let each = model.provider.memoryPerInput(of: asked.object, at: model.model).bytes
        let request = Ask.need(of: ByteCount(asked.object.bytes.count))
        let room = tenant.quotas.memory.bytes - request.bytes
        let most = max(1, room / max(1, each))
        guard asked.count > most else { return }
        throw ChatRequest.Refusal(
            "the answer to \(asked.count) inputs does not fit into your memory: send at most "
                + "\(most) in one request",
            parameter: "input"
        )
    }

    // MARK: The answer

    /// The answer, which is sent in pieces of the provider's own bytes.
    static func response(_ answer: EmbeddingAnswer) -> HTTPResponse {
        let parts = parts(of: answer)
        var response = HTTPResponse(
            headers: ["content-type": "application/json"],
            body: .stream { writer in
                for part in parts {
                    for start in stride(from: part.startIndex, to: part.endIndex, by: piece) {
                        let end = min(start + piece, part.endIndex)
                        try await writer.write(Array(part[start..<end]))
                    }
                }
            }
        )
        response.length = parts.reduce(0) { $0 + $1.count }
        response.holding = answer.retained
        if answer.isCached { response.headers["x-berth-cache"] = "hit" }
        return response
    }

    /// The answer with Berth's name of the model, and with a usage if the provider named none.
    private static func parts(of answer: EmbeddingAnswer) -> [ArraySlice<UInt8>] {
        let (object, model) = (answer.object, JSON.quote(answer.model))
        let text = object.text
        var head = Array("{".utf8)
        if object.value("usage") == nil {
            head += Array(#""usage":\#(CompletionJSON.json(answer.usage)),"#.utf8)
        }
        guard let named = object.value("model") else {
            head += Array(#""model":"#.utf8) + model + Array(",".utf8)
            return [head[...], text.dropFirst()]
        }
        return [
            head[...], text[text.startIndex + 1..<named.startIndex], model[...],
            text[named.endIndex...],
        ]
    }
}
