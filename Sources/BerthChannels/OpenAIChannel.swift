package import BerthBot
import BerthConfig
package import BerthHTTP
package import BerthLoop
package import BerthMemory
import BerthProviders
package import BerthStore
package import BerthTelemetry
import BerthText
import BerthWork

/// The OpenAI-compatible API for a tenant's API key: chat, pictures (``PictureAPI``), embeddings
/// (``EmbeddingAPI``) and models.
///
/// A call lives with its connection: when the client leaves, the provider is told to stop, and what
/// was bought is settled all the same.
@Loop package final class OpenAIChannel: Channel {
    package nonisolated let name = ChannelName.api
    private let bot: Bot
    private let surroundings: Surroundings
    private let bodyLimit: ByteCount
    private let keyed: KeyedCalls
    private let pictures: PictureAPI
    private let embeddings: EmbeddingAPI
    private let pool = TaskPool()

    /// Makes the channel over `bot`; a request's body over `bodyLimit` is 413.
    package init(bot: Bot, in surroundings: Surroundings, bodyLimit: ByteCount) {
        self.bot = bot
        self.surroundings = surroundings
        self.bodyLimit = bodyLimit
        keyed = KeyedCalls(bot: bot, in: surroundings)
        pictures = PictureAPI(bot: bot, keyed: keyed, in: surroundings)
        embeddings = EmbeddingAPI(bot: bot, keyed: keyed, in: surroundings, bodyLimit: bodyLimit)
    }

    /// The paths of the API, each under every prefix of ``APIPath/prefixes``.
    package var routes: [Route] {
        APIPath.prefixes.flatMap { prefix in
            [
                route("POST", "\(prefix)/chat/completions") { await self.chat($0, by: $1) },
                route("POST", "\(prefix)/completions") {
                    await self.chat($0, by: $1, as: .text)
                },
                route("POST", "\(prefix)/embeddings") {
                    await self.embeddings.answer($0, by: $1)
                },
                route("POST", "\(prefix)/images/generations") {
                    await self.pictures.generate($0, by: $1)
                },
                route("POST", "\(prefix)/images/edits") { await self.pictures.edit($0, by: $1) },
                route("GET", "\(prefix)/models") { _, _ in self.models() },
                Route("GET", "\(prefix)/models/*") { request, values in
                    await self.admitted(request) { _, _ in self.model(values.first ?? "") }
                },
            ]
        }
    }

    private func route(
        _ method: String,
        _ path: String,
        _ answer: @escaping @Loop @Sendable (HTTPRequest, Credential) async -> HTTPResponse
    ) -> Route {
        Route(method, path) { request, _ in await self.admitted(request, answer) }
    }

    /// The service that calls with an `Idempotency-Key` outlive their connections by.
    package var services: [any Service] { [keyed] }

    /// Calls `answer` with the request's key, which admits the request.
    private func admitted(
        _ request: HTTPRequest,
        _ answer: @Loop (HTTPRequest, Credential) async -> HTTPResponse
    ) async -> HTTPResponse {
        guard let key = request.bearerKey.flatMap({ bot.tenants.credential(ofKey: $0) }) else {
            return OpenAIChannel.keyIsMissing(request)
        }
        do { try key.admit(request, atMost: bot.requestsPerTenant) } catch {
            return HTTPResponse(error)
        }
        var response = await answer(request, key)
        response.limitRetries()
        return response
    }

    // MARK: Models

    private func models() -> HTTPResponse {
        let names =
            bot.models.names + bot.pictureModels.choices.map(\.id) + bot.embeddings.models.names
        let list = names.map { OpenAIChannel.describe($0) }.joined(separator: ",")
        return .json(Array(#"{"object":"list","data":[\#(list)]}"#.utf8))
    }

    private func model(_ name: String) -> HTTPResponse {
        let isKnown =
            bot.models.find(name) != nil || bot.pictureModels.find(name) != nil
            || !bot.embeddings.models.candidates(name).isEmpty
        guard isKnown else { return HTTPResponse(.unknownModel(name, known: bot.models.names)) }
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
            : "this API key is not known: ask the operator for a new one"
        var response = HTTPResponse.error(401, message, code: "invalid_api_key")
        response.headers["www-authenticate"] = "Bearer"
        return response
    }

    // MARK: Chat

    private func chat(
        _ request: HTTPRequest,
        by credential: Credential,
        as form: ChatRequest.Form = .chat
    ) async -> HTTPResponse {
        let tenant = credential.tenant
        do {
            let body = try await LeasedBody(
                request,
                account: tenant.account,
                limit: bodyLimit,
                in: surroundings,
                need: form.need
            )
            let hasKey = request.headers["idempotency-key"] != nil
            let key = hasKey ? try await KeyedCalls.key(of: request, body.bytes) : nil
            let asked = try await ChatRequest.read(body.bytes, as: form)
            Loop.works(
                on: WorkLabel(request.path, tenant: tenant.name, request: request.id)
            )
            let models = try models(for: asked)
            if !asked.hosts.isEmpty { try await checkHosts(of: asked) }
            var ask = Ask(
                asked.object,
                models,
                tenant,
                memory: body.memory,
                requestID: request.id,
                since: surroundings.clock.now
            )
            (ask.isFresh, ask.retained) = (request.wantsFresh, body)
            (ask.input, ask.unknown) = (asked.inputTokens, asked.unknown)
            ask.writesCache = asked.costly.contains { $0.name == ChatMember.cacheControl.name }
            if let key {
                return try await keyed.answer(ask, key, asked, for: credential)
                    .telling(asked, models)
            }
            if asked.isStream { return try await stream(ask, asked, body) }
            let answer = try await bot.answers.complete(ask)
            return await OpenAIChannel.whole(answer, as: form, in: surroundings)
                .telling(asked, models, answeredBy: answer.model)
        } catch {
            return .failure(error, request, in: surroundings)
        }
    }

    /// The models that may answer, in order: those of the name that may take every costly member.
    private func models(for asked: ChatRequest) throws -> [ModelChoice] {
        let named = bot.models.candidates(asked.model)
        guard !named.isEmpty else {
            throw BotError.unknownModel(asked.model, known: bot.models.names)
        }
        return try asked.costly.permitted(of: named, in: "models.chat") { $0.pass }
    }

    /// The time in which the hosts of a request are looked up.
    private static nonisolated let lookUpLimit = Duration.seconds(1)

    /// Refuses a request that names a host with a private address.
    ///
    /// A name without an answer in time passes: the provider looks it up again and may get another
    /// answer, so that no look-up of ours could prove an address.
    private func checkHosts(of asked: ChatRequest) async throws {
        let end = surroundings.clock.now + OpenAIChannel.lookUpLimit
        for host in asked.hosts {
            let left = end - surroundings.clock.now
            guard left > .zero else { return }
            let addresses = await bot.resources.resolve(host, left)
            guard addresses.allSatisfy({ IPAddress($0)?.isPublic == true }) else {
                throw ChatRequest.Refusal(
                    "the host '\(host)' is not public: no provider is asked to fetch from it",
                    parameter: "messages"
                )
            }
        }
    }

    /// A whole answer as the client gets it.
    static func whole(
        _ answer: WholeAnswer,
        as form: ChatRequest.Form,
        in surroundings: Surroundings
    ) async -> HTTPResponse {
        let identity = AnswerIdentity(model: answer.model, as: form, in: surroundings)
        let size = answer.size
        let json =
            LargeWork.isLarge(size)
            ? await LargeWork.run(on: size) { identity.completion(answer) }
            : identity.completion(answer)
        var response = HTTPResponse.json(json)
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
            within: AnswerPatience.stream,
            by: surroundings.clock
        )
        if let begun {
            return pass(begun, asked, body)
                .telling(asked, ask.models, answeredBy: begun.modelID)
        }
        let surroundings = surroundings
        let response = HTTPResponse.events { writer in
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
            let identity = AnswerIdentity(
                model: answer.modelID,
                as: asked.form,
                in: surroundings
            )
            try await identity.pass(answer, to: events, usage: asked.includesUsage)
        }
        return response.telling(asked, ask.models)
    }

    private func pass(
        _ answer: any AnswerStream,
        _ asked: ChatRequest,
        _ body: LeasedBody
    ) -> HTTPResponse {
        let identity = AnswerIdentity(model: answer.modelID, as: asked.form, in: surroundings)
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
    /// Whether the client wants no answer that somebody was given before.
    var wantsFresh: Bool {
        headers["cache-control"]?.lowercased().contains("no-store") ?? false
    }

    /// The key of `Authorization: Bearer KEY`; nil when there is none.
    package var bearerKey: String? {
        guard let field = headers["authorization"]?.utf8 else { return nil }
        var word = "bearer".utf8.makeIterator()
        var start = field.startIndex
        while start < field.endIndex, field[start] != UInt8(ascii: " ") {
            guard let letter = word.next(), field[start] | 0x20 == letter else { return nil }
            field.formIndex(after: &start)
        }
        guard word.next() == nil, start < field.endIndex else { return nil }
        while start < field.endIndex, field[start] == UInt8(ascii: " ") {
            field.formIndex(after: &start)
        }
        return start < field.endIndex ? String(Substring(field[start...])) : nil
    }
}
