package import BerthBot
import BerthCache
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthProviders

/// The OpenAI-compatible API: `/v1/chat/completions` and `/v1/models`, for a tenant's API key.
///
/// A call lives with its connection: when the client leaves, the provider is told to stop, and what
/// was bought is settled all the same.
@Loop package final class OpenAIChannel {
    private let bot: Bot
    private let clock: any Clock
    private let bodyLimit: ByteCount

    /// Makes the channel over `bot`; a request's body over `bodyLimit` is 413.
    package init(bot: Bot, clock: any Clock, bodyLimit: ByteCount) {
        self.bot = bot
        self.clock = clock
        self.bodyLimit = bodyLimit
    }

    /// What it answers.
    package var routes: [Route] {
        [
            Route("POST", "/v1/chat/completions") { request, _ in await self.chat(request) },
            Route("GET", "/v1/models") { request, _ in await self.models(request) },
            Route("GET", "/v1/models/*") { request, values in
                await self.model(request, values.first ?? "")
            },
        ]
    }

    private func holder(of request: HTTPRequest) -> LiveTenant? {
        request.bearerKey.flatMap { bot.tenants.holder(ofKey: $0) }
    }

    // MARK: Models

    private func models(_ request: HTTPRequest) async -> HTTPResponse {
        guard holder(of: request) != nil else { return OpenAIChannel.keyIsMissing(request) }
        let list = bot.models.names.map { OpenAIChannel.describe($0) }.joined(separator: ",")
        return .json(Array(#"{"object":"list","data":[\#(list)]}"#.utf8))
    }

    private func model(_ request: HTTPRequest, _ name: String) async -> HTTPResponse {
        guard holder(of: request) != nil else { return OpenAIChannel.keyIsMissing(request) }
        guard bot.models.find(name) != nil else {
            return HTTPResponse(.unknownModel(name, known: bot.models.names))
        }
        return .json(Array(OpenAIChannel.describe(name).utf8))
    }

    private static func describe(_ name: String) -> String {
        let id = String(decoding: JSON.quote(name), as: UTF8.self)
        return #"{"id":\#(id),"object":"model","created":0,"owned_by":"berth"}"#
    }

    private static func keyIsMissing(_ request: HTTPRequest) -> HTTPResponse {
        let message =
            request.headers["authorization"] == nil
            ? "an API key is missing: send it as 'Authorization: Bearer berth-…'"
            : "this API key is not known: ask the operator for a new one ('berth tenant key NAME')"
        var response = HTTPResponse.error(401, message, code: "invalid_api_key")
        response.headers["www-authenticate"] = "Bearer"
        return response
    }

    // MARK: Chat

    private func chat(_ request: HTTPRequest) async -> HTTPResponse {
        guard let tenant = holder(of: request) else {
            return OpenAIChannel.keyIsMissing(request)
        }
        do {
            let body = try await LeasedBody(request, account: tenant.account, limit: bodyLimit)
            let asked = try ChatRequest(body.bytes)
            let models = bot.models.candidates(asked.model)
            guard !models.isEmpty else {
                throw BotError.unknownModel(asked.model, known: bot.models.names)
            }
            let isFresh =
                request.headers["cache-control"]?.lowercased().contains("no-store") ?? false
            let key = isFresh ? nil : bot.answers.key(asked.object, models, tenant)
            if let key, let kept = try await bot.answers.find(key, for: tenant) {
                return repeated(kept, asked)
            }
            return try await answer(asked, models, tenant, body, key, request.id)
        } catch let refusal as ChatRequest.Refusal {
            return .refusal(refusal)
        } catch let error as BotError {
            return HTTPResponse(error)
        } catch {
            return .error(500, "\(error)")
        }
    }

    private func answer(
        _ asked: ChatRequest,
        _ models: [ModelChoice],
        _ tenant: LiveTenant,
        _ body: LeasedBody,
        _ key: CacheKey?,
        _ requestID: String
    ) async throws(BotError) -> HTTPResponse {
        guard asked.isStream else {
            let (completion, model, usage) = try await bot.calls.complete(
                asked.object,
                models,
                tenant,
                requestID: requestID
            )
            let identity = AnswerIdentity(model: model.id, created: clock.timestamp)
            if let key { bot.answers.keep(completion, model, usage, for: key) }
            var response = HTTPResponse.json(identity.completion(completion, usage: usage))
            response.holding = completion  // its lease pays for the copy too
            return response
        }
        let stream = try await bot.calls.stream(asked.object, models, tenant, requestID: requestID)
        let identity = AnswerIdentity(model: stream.model.id, created: clock.timestamp)
        let (clock, answers) = (clock, bot.answers)
        let kept = key.flatMap { _ in try? AnswerCollector(account: tenant.account) }
        return .events { writer in
            // The body is what the provider may still be reading from.
            defer { withExtendedLifetime(body) {} }
            try await identity.pass(
                stream,
                to: EventWriter(writer, clock: clock),
                usage: asked.includesUsage,
                collecting: kept
            )
            if let key, let text = kept?.whole {
                answers.keep(text, stream.model, stream.usage, for: key)
            }
        }
    }

    /// An answer from the cache, as a stream where a stream was asked for.
    private func repeated(_ answer: JSONObject, _ asked: ChatRequest) -> HTTPResponse {
        let model = answer.string("model") ?? ModelCatalog.anyModel
        let identity = AnswerIdentity(model: model, created: clock.timestamp)
        let clock = clock
        var response =
            asked.isStream
            ? .events { writer in
                try await identity.replay(
                    answer,
                    to: EventWriter(writer, clock: clock),
                    usage: asked.includesUsage
                )
            } : HTTPResponse.json(identity.set(answer))
        response.headers["x-berth-cache"] = "hit"
        return response
    }
}

extension HTTPRequest {
    /// The key of `Authorization: Bearer KEY`; nil when there is none.
    package var bearerKey: String? {
        guard let field = headers["authorization"] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1].drop { $0 == " " })
    }
}
