package import BerthBot
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthProviders
package import BerthStore
package import BerthTelemetry
import BerthText
import BerthWork

/// The OpenAI-compatible API: `/v1/chat/completions` and `/v1/models`, for a tenant's API key.
///
/// A call lives with its connection: when the client leaves, the provider is told to stop, and what
/// was bought is settled all the same.
@Loop package final class OpenAIChannel: Channel {
    package nonisolated let name = ChannelName.api
    private let bot: Bot
    private let surroundings: Surroundings
    private let bodyLimit: ByteCount
    private let pool = TaskPool()

    /// The wait for an answer's beginning after which a streaming client gets its header and
    /// comments, because proxies give up on a silent connection.
    private static let patience = Duration.seconds(10)

    /// Makes the channel over `bot`; a request's body over `bodyLimit` is 413.
    package init(bot: Bot, in surroundings: Surroundings, bodyLimit: ByteCount) {
        self.bot = bot
        self.surroundings = surroundings
        self.bodyLimit = bodyLimit
    }

    /// The paths of the API.
    package var routes: [Route] {
        [
            Route("POST", "/v1/chat/completions") { request, _ in await self.chat(request) },
            Route("GET", "/v1/models") { request, _ in await self.models(request) },
            Route("GET", "/v1/models/*") { request, values in
                await self.model(request, values.first ?? "")
            },
        ]
    }

    /// The tenant of the request's key, which admits the request; nil if the key is unknown.
    private func holder(of request: HTTPRequest) -> LiveTenant? {
        let key = request.bearerKey.flatMap { bot.tenants.credential(ofKey: $0) }
        key?.admit(request)
        return key?.tenant
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
            let body = try await LeasedBody(
                request,
                account: tenant.account,
                limit: bodyLimit,
                in: surroundings,
                need: Ask.need
            )
            let asked = try ChatRequest(body.bytes)
            let models = bot.models.candidates(asked.model)
            guard !models.isEmpty else {
                throw BotError.unknownModel(asked.model, known: bot.models.names)
            }
            let isFresh =
                request.headers["cache-control"]?.lowercased().contains("no-store") ?? false
            var ask = Ask(
                asked.object,
                models,
                tenant,
                memory: body.memory,
                requestID: request.id,
                since: surroundings.clock.now
            )
            (ask.isFresh, ask.retained) = (isFresh, body)
            return asked.isStream
                ? try await stream(ask, asked, body)
                : whole(try await bot.answers.complete(ask))
        } catch let refusal as ChatRequest.Refusal {
            return .refusal(refusal)
        } catch let error as BotError {
            return HTTPResponse(error)
        } catch {
            return .error(500, "\(error)")
        }
    }

    private func whole(_ answer: WholeAnswer) -> HTTPResponse {
        let identity = AnswerIdentity(model: answer.model, in: surroundings)
        var response = HTTPResponse.json(identity.completion(answer))
        response.holding = answer.retained  // its lease pays for the copy too
        if answer.isCached { response.headers["x-berth-cache"] = "hit" }
        return response
    }

    /// Answers with a stream, which begins before its answer does if that takes long.
    ///
    /// An error within the first seconds has a status of its own.
    private func stream(
        _ ask: Ask,
        _ asked: ChatRequest,
        _ body: LeasedBody
    ) async throws(BotError) -> HTTPResponse {
        let answers = bot.answers
        let pending = PendingAnswer(in: pool) { () async throws(BotError) in
            try await answers.stream(ask)
        }
        let begun = try await pending.begun(
            within: OpenAIChannel.patience,
            by: surroundings.clock
        )
        if let begun { return pass(begun, asked, body) }
        let surroundings = surroundings
        return HTTPResponse.events { writer in
            defer { withExtendedLifetime(body) {} }
            let events = EventWriter(writer, in: surroundings)
            events.ping()
            let answer: any AnswerStream
            do {
                answer = try await events.waiting({ () async throws(BotError) in
                    try await pending.value()
                })
            } catch let error as BotError {
                return try await events.send(error.json)
            }
            let identity = AnswerIdentity(model: answer.modelID, in: surroundings)
            try await identity.pass(answer, to: events, usage: asked.includesUsage)
        }
    }

    private func pass(
        _ answer: any AnswerStream,
        _ asked: ChatRequest,
        _ body: LeasedBody
    ) -> HTTPResponse {
        let identity = AnswerIdentity(model: answer.modelID, in: surroundings)
        let surroundings = surroundings
        var response = HTTPResponse.events { writer in
            // The body is what the provider may still be reading from.
            defer { withExtendedLifetime(body) {} }
            try await identity.pass(
                answer,
                to: EventWriter(writer, in: surroundings),
                usage: asked.includesUsage
            )
        }
        if answer.isCached { response.headers["x-berth-cache"] = "hit" }
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
